"""Whoever goes on with a move is killed before or after each write and each call; it goes on."""

import asyncio
import itertools
from pathlib import Path

import pytest

from fleet_service.releases.domain.moves import Move
from kiosk_contracts.releases import KioskMoveState, MoveState
from tests.support.moving_fleet import NEW, OLD
from tests.support.moving_store import MOVE_ID, FileEcs, go_on_in_a_process, host_of, opened

FIRST, SECOND = host_of("till-hb1"), host_of("till-hb2")


async def _set_up(folder: Path) -> None:
    async with opened(folder) as hall:
        await hall.set_up("HB1", "HB2")
        await hall.kiosks_report()
        await hall.begin()


async def _ended(folder: Path) -> tuple[Move, list[int], list[str]]:
    async with opened(folder) as hall:
        page = await hall.moves.decisions(str(MOVE_ID), "", 100)
        open_moves = await hall.moves.page("", 10, still_open=True)
        assert open_moves.moves == ()
        numbers = [one.number for one in page.decisions]
        return await hall.record(), numbers, [one.what for one in page.decisions]


@pytest.mark.parametrize("crashes", [False, True])
def test_it_goes_on_wherever_it_was_killed(tmp_path: Path, *, crashes: bool) -> None:
    kills = 0
    for kill_at in itertools.count(1):
        folder = tmp_path / str(kill_at)
        folder.mkdir()
        asyncio.run(_set_up(folder))
        killed = go_on_in_a_process(folder, kill_at, crashes=crashes)
        if not killed:
            break
        kills += 1
        assert not go_on_in_a_process(folder, None, crashes=crashes)
        move, numbers, decided = asyncio.run(_ended(folder))
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) == move.decided
        told = FileEcs(folder / "ecs.jsonl").calls()
        states = [one.state for one in move.kiosks]
        if crashes:
            assert (move.state, states[0]) == (MoveState.STOPPED, KioskMoveState.MOVED_BACK)
            assert states[1] is KioskMoveState.WAITING
            # Told twice where whoever told it was killed before it was kept.
            assert [key for key, _ in itertools.groupby(told)] == [(FIRST, NEW), (FIRST, OLD)]
            assert (decided.count("begin"), decided.count("fail")) == (1, 1)
        else:
            assert (move.state, set(states)) == (MoveState.DONE, {KioskMoveState.MOVED})
            assert [key for key, _ in itertools.groupby(told)] == [(FIRST, NEW), (SECOND, NEW)]
            assert (decided.count("begin"), decided.count("finish")) == (2, 2)
    # Before and after each of: begin, told, settle, finish of two; or of one that goes back.
    assert kills >= (10 if crashes else 16)
