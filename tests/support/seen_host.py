"""What the supervisor sees of a venue host, made by hand, and what it does about it."""

from dataclasses import replace

from kiosk_agent.supervisor.domain.host import (
    Health,
    Host,
    Screen,
    Source,
    UiContainer,
    UiTask,
)
from kiosk_agent.supervisor.domain.memory import (
    MOST_CRASHES,
    End,
    GoodTasks,
    Memory,
    remembered,
)
from kiosk_agent.supervisor.domain.reconcile import (
    reconcile,
)
from kiosk_agent.supervisor.domain.steps import (
    Step,
)

NOW = 10_000_000
GOOD = UiTask("sha256:good", "registry/kiosk@sha256:good")
NEW = UiTask("sha256:new", "registry/kiosk@sha256:new")
RAN = GoodTasks(last=GOOD)
WATCHED = Memory(good=RAN, answers_since=NOW - 600_000, not_failed=frozenset())
"""Of an agent that has answered for ten minutes, and of a Docker."""
A, B, S = "a" * 64, "b" * 64, "5" * 64


def ecs(
    name: str = A, *, ago: int = 300_000, task: UiTask = GOOD, health: Health = Health.HEALTHY
) -> UiContainer:
    return UiContainer(name, Source.ECS, task, running=True, health=health, since_ms=NOW - ago)


def standby(*, ago: int = 300_000, health: Health = Health.UNKNOWN) -> UiContainer:
    return UiContainer(S, Source.STANDBY, GOOD, running=True, health=health, since_ms=NOW - ago)


def ended(one: UiContainer, *, ago: int = 1_000, status: int = 1) -> UiContainer:
    return replace(one, running=False, exit_code=status, since_ms=NOW - ago)


def says(one: UiContainer, *, ago: int = 500, busy: str = "", **said: int | bool) -> Screen:
    return Screen(one.screen_id, bool(busy), busy, reported_ms_ago=ago, **said)  # type: ignore[arg-type]


def host(*containers: UiContainer, screens: tuple[Screen, ...] = (), holder: str = "") -> Host:
    return Host(containers=containers, listed_ms=NOW, screens=screens, holder=holder[:12])


def steps(seen: Host, memory: Memory | None = None, now: int = NOW) -> list[Step]:
    """Return what is done; what an update lock keeps is on the disk already."""
    before = memory if memory is not None else WATCHED
    after = remembered(before, seen, now)
    after = replace(after, good=replace(after.good, promise=after.promise))
    return list(reconcile(after, seen, now))


def held(by: UiContainer, ago: int) -> Memory:
    """Remember that a screen was ready and held for so long."""
    return Memory(
        good=RAN,
        ready_since={by.container_id: NOW - ago},
        held_since=(by.screen_id, NOW - ago),
    )


def crashing(*, ago: int = 0, distrusted: bool = False, ends: int = MOST_CRASHES) -> Memory:
    """Remember that the new image ended so often."""
    found = {str(n): End(NEW.image_id, NOW - ago - n, NEW.image, "status 1") for n in range(ends)}
    images = frozenset({NEW.image_id}) if distrusted else frozenset[str]()
    return Memory(good=RAN, ended=found, distrusted=images)


def only(found: list[Step], kind: type[Step]) -> Step:
    [step] = found
    assert isinstance(step, kind), step
    return step
