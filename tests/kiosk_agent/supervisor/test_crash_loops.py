"""Images that crash, are missing, or come back: who is on the screen, and what is told."""

import asyncio
from dataclasses import replace

import pytest

from kiosk_agent.supervisor.domain.host import Source, UiTask
from kiosk_agent.supervisor.domain.memory import CRASHES_MS, MOST_CRASHES, Memory, remembered
from kiosk_agent.supervisor.services import steering
from kiosk_agent.supervisor.services.steering import Steering
from kiosk_agent.supervisor.services.telling import Telling
from tests.support.clock import FakeClock
from tests.support.seen_host import NOW, A, ecs, ended, host
from tests.support.simulated_host import SimulatedHost
from tests.support.supervised_host import GOOD, NEW, Supervised, supervised

OLD = UiTask("sha256:old", "registry/kiosk@sha256:old")


async def crashes_on(venue: Supervised, times: int, every_s: int, lives_s: int) -> list[str]:
    """Let ECS start the new image so often; return who answered, quarter by quarter second."""
    venue.host.crashing_images.add(NEW.image_id)
    venue.host.lives_ms = lives_s * 1000
    shown = []
    for _ in range(times):
        venue.host.run_ui(Source.ECS, NEW)
        for _ in range(every_s * 4):
            await venue.passes(0.25)
            shown.append(venue.answers)
    return shown


@pytest.mark.parametrize(("every_s", "lives_s"), [(12, 8), (70, 65), (250, 200)])
async def test_the_last_good_one_stays_on_the_screen_while_the_new_one_keeps_crashing(
    every_s: int, lives_s: int
) -> None:
    venue = supervised()
    await venue.passes(6)
    await crashes_on(venue, 3, every_s, lives_s)
    shown = await crashes_on(venue, 5, every_s, lives_s)
    settled = shown[4 * 20 :]
    assert set(settled) == {"standby good"}, "it goes to and fro"
    # Never for good: well for ten minutes, and it has its chance.
    venue.host.crashing_images.clear()
    venue.host.run_ui(Source.ECS, NEW)
    await venue.passes(CRASHES_MS / 1000 - every_s - 10)
    assert venue.answers == "standby good"
    await venue.passes(every_s + 30)
    assert venue.answers == "ecs new"


async def test_an_image_that_is_missing_is_said_and_the_one_before_is_used() -> None:
    host = SimulatedHost(FakeClock(), GOOD, before=OLD, missing_images={GOOD.image_id})
    venue = Supervised(host, Steering(host, host, host, host, host.clock))
    await venue.passes(10)
    assert venue.answers == "standby old"
    assert "(404: No such image: sha256:good)" in venue.why()[0]
    [started] = [one for one in venue.why() if one.endswith("(done)") and "start the" in one]
    assert started == (
        "start the standby: registry/kiosk@sha256:old: no kiosk UI runs; the one before, for the "
        "last good one fails (404: No such image: sha256:good) (done)"
    )


async def test_the_agent_is_told_who_is_on_the_screen_and_what_crashes() -> None:
    venue = supervised()
    telling = Telling(venue.host, venue.steering, venue.host.clock)
    await telling.tell()
    assert (venue.host.told[-1].source, venue.host.told[-1].docker_away) == (
        "none",
        "not looked yet",
    )
    await venue.passes(6)
    await crashes_on(venue, 4, 12, 8)
    venue.host.agent_away = "it restarts"
    await telling.tell()
    venue.host.agent_away = ""
    await telling.tell()
    first = venue.host.told[-1]
    assert (first.source, first.image, first.standby_ready) == ("standby", GOOD.image, True)
    assert first.docker_away == ""
    [crash] = first.crashing
    assert (crash.image, crash.ends, crash.last_exit) == (NEW.image, 4, "status 1")
    assert first.since is not None
    assert first.since < crash.last_at
    # The clock on the wall is turned: what was said of the past stays as it was said.
    venue.host.clock.wall = venue.host.clock.wall.replace(year=2031)
    await telling.tell()
    assert venue.host.told[-1] == first
    await venue.passes(CRASHES_MS / 1000)
    await telling.tell()
    assert venue.host.told[-1].crashing == ()


async def test_while_docker_hangs_the_screens_are_known_and_its_late_answer_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steering, "DOCKER_S", 0.01)
    monkeypatch.setattr(steering, "SOON_S", 0.01)
    venue = supervised()
    await venue.passes(6)
    standby = venue.host.answering
    assert standby is not None
    venue.host.hangs = True
    ecs = venue.host.run_ui(Source.ECS, NEW)
    await venue.passes(2)
    assert venue.steering.host.docker_away == "it took too long"
    standby.busy = "a sale"
    await venue.passes(2)
    assert [one.why for one in venue.steering.host.screens if one.busy] == ["a sale"]
    assert venue.why()[-1].startswith("wait: Docker does not answer (it took too long)")
    assert sum("does not answer" in one for one in venue.why()) == 1
    standby.busy = ""
    venue.host.hangs = False
    venue.host.answers_again.set()
    await asyncio.sleep(0)
    await venue.passes(10)
    assert venue.answers == "ecs new"
    assert venue.host.uis[ecs].seen.running


def test_one_that_is_started_again_between_two_looks_has_ended() -> None:
    one = replace(ecs(A, task=NEW), began="0")
    memory = remembered(Memory(), host(one), NOW)
    for number in range(1, MOST_CRASHES + 1):
        assert not memory.is_crashing(NEW.image_id, NOW)
        again = host(replace(one, began=str(number)))
        memory = remembered(memory, again, NOW)
        # The next look at the same one is no other end.
        memory = remembered(memory, again, NOW)
    assert memory.is_crashing(NEW.image_id, NOW)
    # One whose end was seen counts once.
    seen = remembered(Memory(), host(one), NOW)
    seen = remembered(seen, host(ended(one)), NOW)
    seen = remembered(seen, host(replace(one, began="1")), NOW)
    assert len(seen.ended) == 1


def test_one_that_docker_cannot_describe_for_a_moment_was_not_started_again() -> None:
    one = replace(ecs(A, task=NEW), began="0")
    memory = Memory()
    for began in ("0", "", "0"):
        memory = remembered(memory, host(replace(one, began=began)), NOW)
    assert not memory.ended
