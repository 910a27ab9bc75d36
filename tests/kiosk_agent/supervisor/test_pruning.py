"""Which images go, and when: never what runs or ran well, and none while one is pulled."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from kiosk_agent.supervisor.domain.host import Host, Source, UiContainer, UiTask
from kiosk_agent.supervisor.domain.images import UNUSED_MS, ImageSeen, needed, to_remove
from kiosk_agent.supervisor.domain.memory import GoodTasks
from kiosk_agent.supervisor.ports import DockerAwayError
from kiosk_agent.supervisor.services.decisions import Decisions
from kiosk_agent.supervisor.services.pruning import Pruning
from tests.support.clock import FakeClock

NOW = 10**10


def image(name: str, unused_ms: int = 0) -> ImageSeen:
    return ImageSeen(name, (f"registry/kiosk@{name}",), 1, NOW - unused_ms)


def gone(images: Sequence[ImageSeen], keep: Sequence[str] = (), **said: bool) -> list[str]:
    told = {"disk_is_short": False, "pulling": False, **said}
    return [one.image_id for one in to_remove(images, keep, NOW, **told)]


def test_what_nothing_needs_goes_after_a_week_or_where_the_disk_is_short() -> None:
    old, young = image("old", UNUSED_MS), image("young", UNUSED_MS - 1)
    assert gone([young, old]) == ["old"]
    assert gone([young, old], disk_is_short=True) == ["old", "young"]


@pytest.mark.parametrize("said", [{"pulling": True}, {"pulling": True, "disk_is_short": True}])
def test_nothing_goes_while_one_is_pulled(said: dict[str, bool]) -> None:
    assert gone([image("old", UNUSED_MS)], **said) == []


def test_what_is_needed_stays_whatever_the_disk_says() -> None:
    keep = needed(["runs"], "last", "before", ["to come"])
    assert keep == {"runs", "last", "before", "to come"}
    assert needed([], "", "", []) == frozenset()
    images = [image(name, UNUSED_MS) for name in (*keep, "other")]
    assert gone(images, sorted(keep), disk_is_short=True) == ["other"]


@dataclass
class Seen:
    """Images, the disk, and what steering knows."""

    decisions: Decisions
    host: Host = field(default_factory=Host)
    good: GoodTasks = field(default_factory=GoodTasks)
    kept: list[ImageSeen] = field(default_factory=list)
    short: bool = False
    away: str = ""
    desired: list[str] = field(default_factory=list)
    is_pulling: bool = False

    async def images(self) -> Sequence[ImageSeen]:
        if self.away:
            raise DockerAwayError(self.away)
        return list(self.kept)

    async def remove_image(self, image: ImageSeen) -> None:
        self.kept = [one for one in self.kept if one.image_id != image.image_id]

    def is_short(self) -> bool:
        return self.short


def task(name: str) -> UiTask:
    return UiTask(name, f"registry/kiosk@{name}")


async def test_the_supervisor_removes_what_it_has_seen_unused_for_a_week_and_says_why() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), good=GoodTasks(task("last"), task("before")))
    seen.host = Host(containers=(UiContainer("a" * 64, Source.ECS, task("runs"), running=True),))
    seen.kept = [image(name) for name in ("runs", "last", "before", "old")]
    pruning = Pruning(seen, seen, seen, seen, clock)  # type: ignore[arg-type]
    await pruning.prune()
    clock.advance(UNUSED_MS / 1000 - 1)
    await pruning.prune()
    assert len(seen.kept) == 4
    clock.advance(1)
    # What runs is not known while Docker does not answer.
    seen.host = Host(docker_away="stopped")
    await pruning.prune()
    assert len(seen.kept) == 4
    seen.host = Host(containers=(UiContainer("a" * 64, Source.ECS, task("runs"), running=True),))
    await pruning.prune()
    assert [one.image_id for one in seen.kept] == ["runs", "last", "before"]
    [decided] = seen.decisions.kept
    assert (decided.what, decided.why) == (
        "remove the image old",
        "nothing has needed it for 7 days",
    )


async def test_what_is_wanted_next_stays_and_nothing_goes_while_it_is_pulled() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), kept=[image("old"), image("next")], short=True)
    seen.desired, seen.is_pulling = ["next"], True
    pruning = Pruning(seen, seen, seen, seen, clock)  # type: ignore[arg-type]
    await pruning.prune()
    assert len(seen.kept) == 2
    seen.is_pulling = False
    await pruning.prune()
    assert [one.image_id for one in seen.kept] == ["next"]


async def test_one_that_was_needed_meanwhile_has_another_week() -> None:
    clock = FakeClock()
    seen = Seen(Decisions(clock), kept=[image("old")])
    pruning = Pruning(seen, seen, seen, seen, clock)  # type: ignore[arg-type]
    await pruning.prune()
    clock.advance(UNUSED_MS / 1000 - 1)
    seen.good = GoodTasks(task("old"))
    await pruning.prune()
    seen.good = GoodTasks()
    clock.advance(1)
    await pruning.prune()
    assert len(seen.kept) == 1
    seen.short = True
    await pruning.prune()
    assert seen.kept == []
