"""An abort is never overtaken: once a move is aborted no kiosk is told anything by it."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cloud_store.workspace import Workspace
from fleet_service.kiosks.records import KioskReleaseRecord
from fleet_service.releases.domain import steps
from fleet_service.releases.ports import Aim
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.releases import KioskMoveState, MoveAct, MoveStanding, MoveState
from tests.support.moving_fleet import NEW
from tests.support.moving_store import (
    MOVE_ID,
    FileEcs,
    Hall,
    go_on_in_a_process,
    host_of,
    opened,
)

ID = str(MOVE_ID)
FIRST = host_of("till-hb1")


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with opened(tmp_path) as found:
        await found.set_up("HB1", "HB2", "HB3", "HB4")
        await found.kiosks_report()
        await found.begin(canary="till-hb1")
        await found.kiosks_report()
        yield found


async def abort(hall: Hall) -> MoveStanding:
    return await hall.moves.act(ID, "abort", MoveAct(why="first night"), "Olga")


def before_each_call(hall: Hall, act: Callable[[], Awaitable[Any]]) -> None:
    """Have something happen while a call to ECS is under way, before it is taken."""
    move = hall.ecs.move

    async def slow(instance_id: str, aim: Aim) -> None:
        await act()
        await move(instance_id, aim)

    hall.ecs.move = slow  # type: ignore[method-assign]  ECS is slow


async def test_one_that_is_aborted_just_before_a_call_makes_none(hall: Hall) -> None:
    tending = hall.tending()
    keep = tending._keep

    async def then_aborted(*given: Any) -> Any:
        after = await keep(*given)
        if any(isinstance(step, steps.Tell) for step in given[2]):
            assert (await abort(hall)).state is MoveState.ABORTED
        return after

    tending._keep = then_aborted  # type: ignore[method-assign]  just then
    await tending.look(ID)
    assert (await hall.record()).state is MoveState.ABORTED
    assert hall.ecs.calls() == []


async def test_whoever_was_not_told_is_not_taken_for_one_that_was(hall: Hall) -> None:
    await test_one_that_is_aborted_just_before_a_call_makes_none(hall)
    known = await Workspace(hall.store).fetch(KioskReleaseRecord, "till-hb1")
    assert known is not None
    told = (known.told, known.told_image, known.told_at, known.wanted, known.move_id)
    # No move ever told it one.
    assert told == ("", "", None, "", "")


async def test_a_call_that_is_under_way_is_waited_for_and_nobody_else_is_told(hall: Hall) -> None:
    told: list[MoveStanding] = []

    async def aborted() -> None:
        told.extend([await abort(hall), await abort(hall)])
        with pytest.raises(ProblemError, match="can't be gone on with"):
            await hall.moves.act(ID, "resume", MoveAct(), "Olga")

    before_each_call(hall, aborted)
    await hall.tending().look(ID)
    assert [one.state for one in told] == [MoveState.STOPPING] * 2
    assert "it ends once ECS is not being told of till-hb1 any more" in told[0].why
    move = await hall.go_on(rounds=5)
    assert (move.state, move.why) == (MoveState.ABORTED, "aborted by Olga: first night")
    assert hall.ecs.calls() == [(FIRST, NEW)]
    assert (await hall.moves.page("", 10, still_open=True)).moves == ()


@pytest.mark.parametrize("by_abort", [False, True])
async def test_a_call_whose_caller_was_killed_counts_until_its_time_limits_are_over(
    hall: Hall, *, by_abort: bool
) -> None:
    class Killed(BaseException):
        pass

    async def killed() -> None:
        raise Killed

    before_each_call(hall, killed)
    with pytest.raises(Killed):
        await hall.tending().look(ID)
    assert (await abort(hall)).state is MoveState.STOPPING
    hall.clock.advance(80)
    await hall.tending().look(ID)
    assert (await hall.record()).state is MoveState.STOPPING
    hall.clock.advance(10)
    if by_abort:
        assert (await abort(hall)).state is MoveState.ABORTED
    else:
        await hall.tending().look(ID)
    assert (await hall.record()).state is MoveState.ABORTED
    known = await Workspace(hall.store).fetch(KioskReleaseRecord, "till-hb1")
    assert known is not None
    # It may have been told: so it is not said that it was not.
    assert (known.told, known.move_id) == (NEW, "")


async def test_an_abort_between_two_calls_of_one_look_leaves_the_second_unmade(hall: Hall) -> None:
    async def aborted() -> None:
        # The canary has moved: of four two are under way at once.
        if hall.ecs.calls():
            under_way = [one.state for one in (await hall.record()).kiosks].count("moving")
            assert ((await abort(hall)).state, under_way) == (MoveState.STOPPING, 2)

    before_each_call(hall, aborted)
    assert (await hall.go_on()).state is MoveState.ABORTED
    assert hall.ecs.calls() == [(FIRST, NEW), (host_of("till-hb2"), NEW)]
    third = await Workspace(hall.store).fetch(KioskReleaseRecord, "till-hb3")
    assert third is not None
    assert third.told == ""


async def test_one_that_fails_and_is_aborted_before_it_is_told_to_go_back_is_told_nothing(
    hall: Hall,
) -> None:
    hall.crashes = True
    tending = hall.tending()
    keep = tending._keep

    async def then_aborted(*given: Any) -> Any:
        after = await keep(*given)
        if after.of("till-hb1").state is KioskMoveState.MOVING_BACK:
            assert (await abort(hall)).state is MoveState.ABORTED
        return after

    tending._keep = then_aborted  # type: ignore[method-assign]  just then
    move = await hall.go_on(rounds=10, tending=tending)
    assert (move.state, hall.ecs.calls()) == (MoveState.ABORTED, [(FIRST, NEW)])


def test_an_abort_after_a_kill_anywhere_is_the_end_of_it(tmp_path: Path) -> None:
    kills = waits = 0
    for kill_at in itertools.count(1):
        folder = tmp_path / str(kill_at)
        folder.mkdir()
        asyncio.run(_set_up(folder))
        if not go_on_in_a_process(folder, kill_at, crashes=True):
            break
        kills += 1
        waits += asyncio.run(_aborted(folder))
    assert kills >= 12
    # Before and after the write that a call may be under way, before and after the call.
    assert waits >= 3


async def _set_up(folder: Path) -> None:
    async with opened(folder) as hall:
        await hall.set_up("HB1")
        await hall.kiosks_report()
        await hall.begin()


async def _aborted(folder: Path) -> bool:
    """Abort it, and go on; say whether a call was waited for."""
    async with opened(folder, crashes=True) as hall:
        if (await hall.record()).state.ended:
            return False
        state = (await abort(hall)).state
        told = FileEcs(folder / "ecs.jsonl").calls()
        assert (await hall.go_on(rounds=10)).state is MoveState.ABORTED
        assert FileEcs(folder / "ecs.jsonl").calls() == told
        assert (await hall.moves.page("", 10, still_open=True)).moves == ()
        page = await hall.moves.decisions(ID, "", 100)
        assert [one.number for one in page.decisions] == [*range(1, len(page.decisions) + 1)]
        return state is MoveState.STOPPING
