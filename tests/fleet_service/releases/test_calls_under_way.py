"""While a call of a kiosk may be under way nobody makes another: two could start a task each."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_store.port import Write
from fleet_service.clock import SystemClock
from fleet_service.heartbeats.stored import StoredHeartbeats
from fleet_service.kiosks.ports import AnswerLostError
from fleet_service.releases.domain.judging import STILL_HEARING
from fleet_service.releases.domain.moves import CALL_ENDS, KEPT_WITHIN
from fleet_service.releases.ports import Aim
from kiosk_contracts.releases import KioskMoveState, MoveState
from tests.support.move_course import Course, kinds, why
from tests.support.moving_fleet import IMAGES, NEW, OLD, report_of, venue_of
from tests.support.moving_store import MOVE_ID, Hall, host_of, opened

ID = str(MOVE_ID)
FIRST = host_of("till-hb1")
MOVING, BACK = KioskMoveState.MOVING, KioskMoveState.MOVING_BACK


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with opened(tmp_path) as found:
        await found.set_up("HB1")
        await found.kiosks_report()
        await found.begin()
        await found.kiosks_report()
        yield found


def lose_answers(hall: Hall, times: int, *, taken: bool = True) -> list[str]:
    """Have answers lost, each after it was taken or not; return what was called, as it comes."""
    called: list[str] = []
    move = hall.ecs.move

    async def lost(instance_id: str, aim: Aim) -> None:
        called.append(aim.release_id)
        if len(called) > times:
            return await move(instance_id, aim)
        if taken:
            await move(instance_id, aim)
        raise AnswerLostError("ECS does not answer in time")

    hall.ecs.move = lost  # type: ignore[method-assign]  ECS is slow
    return called


async def test_after_an_answer_that_was_lost_nobody_tells_it_again_before_that_call_has_ended(
    hall: Hall,
) -> None:
    called = lose_answers(hall, 1)
    await hall.tending().look(ID)
    # Also whoever leads next.
    for _ in range(5):
        await hall.kiosks_report()
        await hall.tending().look(ID)
    assert called == [NEW]
    one = (await hall.record()).of("till-hb1")
    assert (one.state, one.told_at) == (MOVING, None)
    assert one.why == f"{STILL_HEARING}: ECS does not answer in time"
    await hall.kiosks_report()
    await hall.tending().look(ID)
    assert called == [NEW, NEW]
    assert (await hall.go_on()).state is MoveState.DONE


async def test_whoever_leads_after_one_that_was_killed_in_a_call_waits_until_it_has_ended(
    hall: Hall,
) -> None:
    class Killed(BaseException):
        pass

    async def killed(_instance_id: str, _aim: Aim) -> None:
        raise Killed

    move, hall.ecs.move = hall.ecs.move, killed  # type: ignore[method-assign]  just then
    with pytest.raises(Killed):
        await hall.tending().look(ID)
    hall.ecs.move = move  # type: ignore[method-assign]  the next one lives
    hall.clock.advance(CALL_ENDS.total_seconds() - 30)
    await hall.kiosks_report()
    await hall.tending().look(ID)
    assert (hall.ecs.calls(), (await hall.record()).of("till-hb1").why) == ([], STILL_HEARING)
    await hall.kiosks_report()
    await hall.tending().look(ID)
    assert hall.ecs.calls() == [(FIRST, NEW)]


async def test_no_call_is_made_that_was_kept_too_late(hall: Hall) -> None:
    commit = hall.store.commit

    async def slow(writes: list[Write]) -> None:
        await commit(writes)
        hall.clock.advance(KEPT_WITHIN.total_seconds() + 1)

    hall.store.commit = slow  # type: ignore[method-assign]  it answers late
    await hall.tending().look(ID)
    assert (await hall.record()).of("till-hb1").telling_at is not None
    assert hall.ecs.calls() == []
    hall.store.commit = commit  # type: ignore[method-assign]  it is well again
    assert (await hall.go_on()).state is MoveState.DONE


async def test_who_is_told_after_a_slow_call_is_looked_at_once_more_before(tmp_path: Path) -> None:
    async with opened(tmp_path) as hall:
        await hall.set_up("HB1", "HB2", "HB3", "HB4")
        await hall.kiosks_report()
        await hall.begin(canary="till-hb1")
        move, looked = hall.ecs.move, []

        async def slow(instance_id: str, aim: Aim) -> None:
            """Take 20 seconds, in which somebody begins a sale at the third kiosk."""
            await move(instance_id, aim)
            if instance_id == host_of("till-hb2"):
                hall.clock.advance(20)
                busy = {"holder": "a", "busy": True}
                images = [{"image": IMAGES[NEW], "state": "ready"}]
                seen = report_of("till-hb3", hall.clock.now(), images=images, screen=busy)
                await StoredHeartbeats(hall.store, SystemClock()).put(seen, watched=True)
                looked.append((await hall.record()).of("till-hb3").state)

        hall.ecs.move = slow  # type: ignore[method-assign]  ECS is slow
        tending = hall.tending()
        while not looked:
            await hall.kiosks_report()
            await tending.look(ID)
        assert looked == [MOVING], "both were begun"
        assert host_of("till-hb3") not in hall.ecs.told()
        one = (await hall.record()).of("till-hb3")
        assert (one.state, one.why) == (
            KioskMoveState.WAITING,
            "somebody is busy at its screen",
        )


def course(state: KioskMoveState = KioskMoveState.SETTLING) -> Course:
    """Return a move in which the answer of another call of `a` was lost just now."""
    found = Course(venue_of(2), canary="a")
    found.until(state)
    change(found, telling_at=found.venue.now)
    return found


def change(course: Course, **news: object) -> None:
    kiosks = tuple(
        one.model_copy(update=news if one.kiosk_id == "a" else {}) for one in course.move.kiosks
    )
    course.move = course.move.model_copy(update={"kiosks": kiosks})


@pytest.mark.parametrize("state", [KioskMoveState.SETTLING, BACK])
def test_one_that_was_told_before_is_told_again_once_the_lost_call_has_ended(
    state: KioskMoveState,
) -> None:
    found = Course(venue_of(2), canary="a")
    if state is BACK:
        found.venue.kiosks[0].crashes = True
    found.until(state)
    change(found, telling_at=found.venue.now)
    found.venue.pass_time(60)
    before = len(found.venue.calls)
    assert why(found.next()) == STILL_HEARING
    found.venue.pass_time(30)
    assert kinds(found.next())[0] == "Tell"
    assert found.venue.calls[before:] == [("a", OLD if state is BACK else NEW)]


def test_one_that_fails_meanwhile_fails_at_once_and_goes_back_when_that_call_has_ended() -> None:
    found = course()
    found.venue.kiosks[0].crashed = True
    found.venue.pass_time(15)
    assert kinds(found.next())[0] == "Fail"
    assert why(found.next()) == STILL_HEARING
    found.venue.pass_time(75)
    found.next()
    assert found.venue.calls == [("a", NEW), ("a", OLD)]


def test_one_of_which_ecs_refused_to_hear_is_told_again_at_once() -> None:
    found = course()
    change(found, call_ended=True)
    found.venue.kiosks[0].told = OLD
    found.venue.pass_time(1)
    assert kinds(found.next())[0] == "Tell"
    one = found.move.of("a")
    assert (one.telling_at, one.call_ended) == (None, False)


def test_a_clock_that_was_ahead_keeps_no_call_open_for_long() -> None:
    found = course()
    change(found, telling_at=found.venue.now + timedelta(days=1))
    found.venue.pass_time(1)
    assert kinds(found.next())[0] == "Tell"
