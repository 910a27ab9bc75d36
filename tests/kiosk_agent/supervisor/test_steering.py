"""The supervisor at a host in memory: whoever comes, goes, hangs or crashes, a screen answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kiosk_agent.supervisor.domain.host import Source, UiContainer, UiTask
from kiosk_agent.supervisor.domain.memory import MOST_CRASHES, RAN_WELL_MS, REPORTS_MS
from kiosk_agent.supervisor.services import steering
from kiosk_agent.supervisor.services.decisions import Decisions
from kiosk_agent.supervisor.services.steering import Steering
from kiosk_contracts.update_lock import UpdateLock
from tests.support.clock import FakeClock
from tests.support.supervised_host import GOOD, NEW, Supervised, supervised

DOORS = UpdateLock(until=datetime(2026, 11, 23, 22, 30, tzinfo=UTC), why="doors", by="Mia")


async def test_a_cold_boot_without_the_cloud_ends_in_a_screen_that_answers() -> None:
    venue = supervised()
    venue.host.ecs_away = "connection refused"
    await venue.passes(6)
    assert venue.answers == "standby good"
    assert venue.why()[0] == (
        "start the standby: registry/kiosk@sha256:good: no kiosk UI runs, and the ECS agent does "
        "not answer (connection refused) (done)"
    )


async def test_when_ecs_returns_its_ui_takes_over_as_soon_as_nobody_is_busy() -> None:
    venue = supervised()
    await venue.passes(6)
    standby = venue.host.answering
    assert standby is not None
    standby.busy = "a sale"
    venue.host.run_ui(Source.ECS, NEW)
    await venue.passes(10)
    assert venue.answers == "standby good"
    standby.busy = ""
    await venue.passes(10)
    assert venue.answers == "ecs new"
    assert [ui.seen.source for ui in venue.host.uis.values() if ui.seen.running] == [Source.ECS]
    await venue.passes(RAN_WELL_MS / 1000)
    assert venue.host.task == NEW


async def test_whichever_order_ecs_starts_and_stops_in_somebody_answers() -> None:
    for order in ("start first", "stop first"):
        venue = supervised()
        old = venue.host.run_ui(Source.ECS, GOOD)
        await venue.passes(10)
        assert venue.answers == "ecs good"
        if order == "start first":
            venue.host.run_ui(Source.ECS, NEW)
            await venue.passes(5)
            venue.host.ask_to_end(old)
        else:
            venue.host.ask_to_end(old)
            await venue.passes(5)
            assert venue.answers == "standby good"
            venue.host.run_ui(Source.ECS, NEW)
        await venue.passes(10)
        assert venue.answers == "ecs new", order


async def test_an_image_that_crashes_leaves_the_standby_on_the_screen() -> None:
    venue = supervised()
    venue.host.crashing_images.add(NEW.image_id)
    for _ in range(4):
        venue.host.run_ui(Source.ECS, NEW)
        await venue.passes(3)
    assert venue.answers == "standby good"
    venue.host.crashing_images.clear()
    venue.host.run_ui(Source.ECS, NEW)
    await venue.passes(30)
    assert venue.answers == "standby good", "it crashed too often to be trusted at once"
    await venue.passes(600)
    assert venue.answers == "ecs new", "and is given another try"


async def test_a_standby_that_crashes_is_tried_again_and_again() -> None:
    venue = supervised()
    venue.host.crashing_images.add(GOOD.image_id)
    await venue.passes(300)
    assert 5 <= venue.host.started <= 12
    # Each try is three decisions, and none of them a second that passes.
    assert len(venue.why()) <= 3 * venue.host.started
    venue.host.crashing_images.clear()
    await venue.passes(70)
    assert venue.answers == "standby good"


async def test_a_standby_that_ends_by_itself_has_its_pauses_though_it_says_that_all_is_well() -> (
    None
):
    venue = supervised()
    venue.host.crashing_images.add(GOOD.image_id)
    venue.host.crashes_with = 0
    await venue.passes(300)
    assert 5 <= venue.host.started <= 12


async def test_a_standby_that_was_told_to_end_starts_again_without_a_pause() -> None:
    venue = supervised()
    for _ in range(5):
        await venue.passes(10)
        assert venue.answers == "standby good"
        ecs = venue.host.run_ui(Source.ECS, GOOD)
        await venue.passes(15)
        assert venue.answers == "ecs good"
        venue.host.uis[ecs].busy = "a sale"
        venue.host.ask_to_end(ecs)
        await venue.passes(3)
        venue.host.uis[ecs].busy = ""
    assert venue.steering.memory.ended == {}


async def test_who_is_busy_is_asked_anew_also_while_docker_hangs() -> None:
    venue = supervised()
    await venue.passes(6)
    venue.host.docker_away = "it took too long"
    await venue.passes(2)
    standby = venue.host.answering
    assert standby is not None
    standby.busy = "a sale"
    venue.host.passes(250)
    assert [one.busy for one in venue.steering.host.screens] == [False]
    now = await venue.steering.host_now()
    assert [(one.busy, one.why) for one in now.screens] == [(True, "a sale")]
    assert (now.docker_away, now.holder) == ("it took too long", standby.seen.screen_id)
    venue.host.agent_away = "stopped"
    now = await venue.steering.host_now()
    assert (now.agent_away, now.screens, now.holder) == ("stopped", (), "")


async def test_one_that_takes_long_to_end_is_told_to_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told, may_end = list[tuple[str, bool]](), asyncio.Event()
    venue = supervised()
    await venue.passes(6)
    standby = venue.host.answering
    assert standby is not None

    async def stop(container_id: str, *, hangs: bool) -> None:
        told.append((container_id, hangs))
        await may_end.wait()

    monkeypatch.setattr(venue.host, "stop", stop)
    venue.host.run_ui(Source.ECS, GOOD)
    await venue.passes(30)
    assert told == [(standby.seen.container_id, False)]
    # One that has not ended by then is told again.
    may_end.set()
    await venue.passes(0.5)
    assert len(told) > 1


async def test_since_when_each_runs_is_known_also_after_a_docker_that_was_away() -> None:
    venue = supervised()
    await venue.passes(6)
    before = venue.steering.host.containers
    venue.host.docker_away = "it restarts"
    await venue.passes(60)
    assert [one.since_ms for one in venue.steering.host.containers] == [before[0].since_ms]
    venue.host.docker_away = ""
    await venue.passes(1)
    [after] = venue.steering.host.containers
    assert after.since_ms == before[0].since_ms


async def test_one_that_docker_cannot_describe_for_a_moment_is_as_old_as_before() -> None:
    venue = supervised()
    old, dead = (venue.host.run_ui(Source.ECS, GOOD) for _ in range(2))
    venue.host.end_ui(dead, 1)

    def described(began: str) -> None:
        for ui in venue.host.uis.values():
            ui.seen = replace(ui.seen, began=began)

    described("2026-11-27T10:00:00Z")
    await venue.passes(10)
    venue.host.run_ui(Source.ECS, NEW)
    described("2026-11-27T10:00:00Z")
    await venue.passes(10)
    assert venue.answers == "ecs new"
    since = [one.since_ms for one in venue.steering.host.containers]
    for began in ("", "2026-11-27T10:00:00Z"):
        described(began)
        await venue.passes(5)
        assert venue.answers == "ecs new"
        assert [one.since_ms for one in venue.steering.host.containers] == since
    assert venue.steering.memory.ended == {}, "it had ended before the first look"
    assert venue.host.uis[old].seen.running


async def test_a_supervisor_that_begins_takes_no_screen_away_before_docker_said_who_runs() -> None:
    venue = supervised()
    sells = venue.host.run_ui(Source.ECS, GOOD)
    await venue.passes(6)
    assert await venue.steering.shown("", 0) == sells
    # It begins anew, and Docker hangs: the UI goes on, and the console with it.
    again = supervised()
    again.host.uis, again.host.docker_away = venue.host.uis, "it took too long"
    assert await again.steering.shown(sells, 0) == sells
    await again.passes(6)
    assert await again.steering.shown(sells, 0) == sells
    asked = asyncio.create_task(again.steering.shown("of before", 3600))
    await asyncio.sleep(0)
    again.host.docker_away = ""
    await again.passes(0.25)
    assert await asked == sells


@pytest.mark.parametrize("refused", [False, True])
async def test_a_start_that_takes_long_is_waited_for_and_asked_for_once(
    monkeypatch: pytest.MonkeyPatch, *, refused: bool
) -> None:
    monkeypatch.setattr(steering, "DOCKER_S", 0.01)
    monkeypatch.setattr(steering, "SOON_S", 0.001)
    venue = supervised()
    venue.host.starts_slowly = asyncio.Event()
    await venue.passes(6)
    assert venue.host.starts_asked == 1
    [waits] = venue.why()
    assert waits.endswith("no kiosk UI runs (Docker has not started it yet)")
    if refused:
        venue.host.missing_images.add(GOOD.image_id)
    venue.host.starts_slowly.set()
    await asyncio.sleep(0)
    await venue.passes(0.25)
    assert bool(venue.steering.memory.crashes(GOOD.image_id, venue.host.now_ms)) is refused
    outcome = "404: No such image: sha256:good" if refused else "done"
    assert venue.why()[1] == waits.replace("Docker has not started it yet", outcome)
    if not refused:
        await venue.passes(6)
        assert venue.answers == "standby good"
        # And another one is started once that one is gone.
        venue.host.power_cut()
        await venue.passes(0.25)
        assert venue.host.starts_asked == 2


async def test_an_ecs_agent_that_hangs_holds_up_no_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steering, "SOON_S", 0.001)
    venue = supervised()
    venue.host.ecs_hangs, venue.host.ecs_away = asyncio.Event(), "it took too long"
    await venue.passes(6)
    assert venue.answers == "standby good"
    assert not venue.steering.host.ecs_away, "nobody knows yet"
    venue.host.ecs_hangs.set()
    await venue.passes(1)
    assert venue.steering.host.ecs_away == "it took too long"
    # What was known stays known while it is asked again.
    venue.host.ecs_hangs, venue.host.ecs_away = asyncio.Event(), ""
    await venue.passes(1)
    assert venue.steering.host.ecs_away == "it took too long"


async def test_a_console_of_before_is_told_at_once_where_no_ui_runs() -> None:
    venue = supervised(None)
    asked = asyncio.create_task(venue.steering.shown("of before", 3600))
    await asyncio.sleep(0)
    await venue.passes(0.25)
    assert not await asked


async def test_a_hundred_decisions_are_kept_and_the_same_one_only_once() -> None:
    venue = supervised(None)
    await venue.passes(30)
    assert len(venue.why()) == 1
    for number in range(200):
        venue.steering.decisions.note("a", str(number))
    assert [one.why for one in venue.steering.decisions.kept] == [str(n) for n in range(100, 200)]


def test_a_round_that_comes_again_leaves_what_was_before_in_sight() -> None:
    clock = FakeClock()
    decisions = Decisions(clock)
    decisions.note("move the screen", "nobody is busy")
    for _ in range(200):
        for what in ("start", "remove", "wait"):
            clock.advance(seconds=1)
            assert decisions.note(what, "it ended"), "each is logged"
            assert not decisions.note(what, "it ended"), "but not each second of it"
    assert [(one.what, one.times) for one in decisions.kept] == [
        ("move the screen", 1),
        ("start", 200),
        ("remove", 200),
        ("wait", 200),
    ]
    assert decisions.kept[-1].last_at == clock.now()
    assert decisions.kept[0].last_at is None
    for number in range(4):
        decisions.note("pull", str(number))
    decisions.note("start", "it ended")
    assert [(one.what, one.times) for one in decisions.kept][-1] == ("start", 1), "long after"


@pytest.mark.parametrize("away_s", [0, 5, 120])
async def test_an_agent_that_restarts_breaks_no_sale_off(away_s: int) -> None:
    venue = supervised()
    await venue.passes(120)
    standby = venue.host.answering
    assert standby is not None
    standby.busy = "a payment"
    await venue.passes(3)
    if away_s:
        venue.host.agent_away = "it restarts"
        await venue.passes(away_s)
        venue.host.agent_away = ""
    venue.host.restart_agent()
    await venue.passes(30)
    assert venue.host.answering is standby
    assert venue.host.broken_off == set()
    assert venue.host.started == 1


async def test_under_a_lock_the_image_that_was_promised_comes_back_where_it_ended() -> None:
    venue = supervised()
    old = venue.host.run_ui(Source.ECS, GOOD)
    await venue.passes(10)
    venue.host.update_lock = DOORS
    venue.host.run_ui(Source.ECS, NEW)
    await venue.passes(10)
    assert venue.answers == "ecs good"
    venue.host.end_ui(old, 137)
    await venue.passes(12)
    assert venue.answers == "standby good", venue.why()
    await venue.passes(120)
    assert venue.answers == "standby good", venue.why()
    venue.host.update_lock = None
    await venue.passes(15)
    assert venue.answers == "ecs new", venue.why()


@pytest.mark.parametrize("of", Source)
async def test_where_the_sockets_folder_was_made_anew_another_ui_answers_at_once(
    of: Source,
) -> None:
    venue = supervised()
    if of is Source.ECS:
        venue.host.run_ui(of, GOOD)
    await venue.passes(10)
    assert venue.answers == f"{of} good"
    before = venue.host.started
    # Without any folder nothing is done yet: who has a line still sells.
    venue.host.sockets_folder, there = "", venue.host.sockets_folder
    assert there
    await venue.passes(10)
    assert venue.host.started == before
    venue.host.remake_sockets()
    await venue.passes(REPORTS_MS / 1000 - 1)
    assert venue.host.started == before
    await venue.passes(4)
    assert venue.host.started == before + 1
    assert venue.answers == "standby good", venue.why()
    await venue.passes(120)
    assert venue.host.started == before + 1, "what began after it is none of them"
    assert venue.answers == "standby good"


async def test_a_ui_whose_line_to_the_agent_outlives_the_sockets_folder_is_left_alone() -> None:
    venue = supervised()
    await venue.passes(10)
    [ui] = venue.host.uis.values()
    venue.host.sockets_folder = ui.sockets_folder = "another"
    await venue.passes(120)
    assert list(venue.host.uis.values()) == [ui]
    assert ui.seen.running


async def test_a_ui_that_is_always_late_gives_way_to_the_standby_and_then_to_another() -> None:
    venue = supervised()
    late = venue.host.run_ui(Source.ECS, NEW)
    venue.host.uis[late].lag_ms = 20_000
    await venue.passes(40)
    assert venue.answers == "standby good"
    await venue.passes(70)
    assert not venue.host.uis[late].seen.running


async def test_it_looks_again_after_an_event_for_docker_lists_an_end_later_than_it_tells_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(steering, "LOOK_EVERY_S", 3600)
    told, started, looks = asyncio.Event(), asyncio.Event(), 0
    venue = supervised()
    seen_now = venue.host.seen

    async def changed() -> None:
        await told.wait()
        told.clear()

    async def start_standby(task: UiTask) -> str:
        started.set()
        return venue.host.run_ui(Source.STANDBY, task)

    async def seen() -> Sequence[UiContainer]:
        nonlocal looks
        looks += 1
        return late if looks == 1 else await seen_now()

    await venue.passes(6)
    late = await seen_now()
    monkeypatch.setattr(venue.host, "changed", changed)
    monkeypatch.setattr(venue.host, "seen", seen)
    monkeypatch.setattr(venue.host, "start_standby", start_standby)
    venue.host.end_ui(late[0].container_id, 137)
    told.set()
    running = asyncio.create_task(venue.steering.run())
    async with asyncio.timeout(30):
        await started.wait()
    running.cancel()
    assert looks > 1


async def test_what_a_lock_keeps_is_known_to_a_supervisor_that_begins_anew() -> None:
    venue = supervised()
    old = venue.host.run_ui(Source.ECS, GOOD)
    await venue.passes(10)
    venue.host.update_lock = DOORS
    await venue.passes(10)
    venue.host.end_ui(old, 137)
    venue.host.run_ui(Source.ECS, NEW)
    host = venue.host
    anew = Supervised(host, Steering(host, host, host, host, host.clock))
    await anew.passes(15)
    assert anew.answers == "standby good", anew.why()


async def test_an_image_that_a_lock_keeps_and_that_never_gets_ready_is_not_begun_for_ever() -> None:
    venue = supervised()
    old = venue.host.run_ui(Source.ECS, GOOD)
    await venue.passes(10)
    venue.host.update_lock = DOORS
    await venue.passes(10)
    venue.host.hanging_images.add(GOOD.image_id)
    venue.host.end_ui(old, 137)
    venue.host.run_ui(Source.ECS, NEW)
    before = venue.host.started
    await venue.passes(1_200)
    assert venue.answers == "ecs new", venue.why()
    assert venue.host.started - before <= 2 * MOST_CRASHES, venue.why()


async def test_a_disk_that_keeps_nothing_is_asked_seldom_and_what_a_lock_keeps_stays() -> None:
    venue = supervised()
    venue.host.run_ui(Source.ECS, GOOD)
    await venue.passes(10)
    venue.host.update_lock = DOORS
    venue.host.disk_is_full = True
    venue.host.run_ui(Source.ECS, NEW)
    await venue.passes(50)
    assert venue.answers == "ecs good", venue.why()
    assert venue.host.keeps_asked == 1
    venue.host.disk_is_full = False
    await venue.passes(30)
    assert venue.host.promise is not None
    assert venue.answers == "ecs good", venue.why()


async def test_one_that_docker_can_not_inspect_for_a_moment_ends_once() -> None:
    venue = supervised()
    first = venue.host.run_ui(Source.ECS, GOOD)
    await venue.passes(10)
    began = venue.host.uis[first].seen.began
    venue.host.end_ui(first, 1)
    venue.host.uis[first].seen = replace(venue.host.uis[first].seen, began="")
    await venue.passes(1)
    venue.host.uis[first].seen = replace(venue.host.uis[first].seen, began=began or "later")
    await venue.passes(1)
    assert len(venue.steering.memory.crashes(GOOD.image_id, venue.host.now_ms)) == 1
