"""What a move leaves for a person when it ends, and until when that stands."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from cloud_store.port import Absent, Key, Put
from cloud_store.workspace import Workspace, key_of
from fleet_service.instances.gathering import Gathering
from fleet_service.kiosks.service import Kiosks
from fleet_service.releases.records import HALTS, OPEN_MOVES, HaltRecord, MoveRecord
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.releases import KioskMoveState, MoveAct, MoveState, NewMove
from tests.support.moving_fleet import NEW, OLD
from tests.support.moving_store import MOVE_ID, Hall, opened

ID = str(MOVE_ID)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with opened(tmp_path) as found:
        await found.set_up("HB1")
        await found.kiosks_report()
        yield found


async def halt(hall: Hall) -> HaltRecord:
    return await Workspace(hall.store).fetch(HaltRecord, HALTS, "harbour-hall") or HaltRecord()


async def left(hall: Hall) -> list[tuple[str, str]]:
    return [(one.kiosk_id, one.release) for one in (await halt(hall)).left]


async def ends(hall: Hall, to: str, **order: Any) -> MoveState:
    """Have another move of the kiosk end."""
    move_id: UUID = uuid4()
    body = {"move_id": move_id, "to": to, "kiosk_id": "till-hb1", "settle_s": 60, **order}
    await hall.moves.begin(NewMove.model_validate(body), "Olga")
    tending = hall.tending()
    for _ in range(60):
        await hall.kiosks_report()
        await tending.look(str(move_id))
        told = await hall.moves.get(str(move_id))
        if told.state.ended:
            return told.state
    raise AssertionError(told)


async def test_one_that_stopped_says_so_until_another_begins(hall: Hall) -> None:
    hall.crashes = True
    await hall.begin()
    move = await hall.go_on()
    assert move.of("till-hb1").state is KioskMoveState.MOVED_BACK
    known = await halt(hall)
    assert known.stopped == f"the move {ID} to {NEW} stopped: {move.why}"
    assert (known.move_id, known.release) == (ID, NEW)
    assert known.left == ()
    order = NewMove(move_id=uuid4(), to=NEW, kiosk_id="till-hb1")
    await hall.moves.begin(order, "Olga")
    assert await halt(hall) == HaltRecord()
    assert await Workspace(hall.store).fetch(HaltRecord, HALTS, "harbour-hall") is None


async def test_one_that_failed_without_a_way_back_is_left_until_it_is_off_that_release(
    hall: Hall,
) -> None:
    hall.crashes, hall.ecs.first = True, ""
    await hall.begin(without_way_back=True)
    assert (await hall.go_on()).of("till-hb1").state is KioskMoveState.FAILED
    assert await left(hall) == [("till-hb1", NEW)]
    order = NewMove(move_id=uuid4(), to=OLD, kiosk_id="till-hb1")
    await hall.moves.begin(order, "Olga")
    assert await left(hall) == [("till-hb1", NEW)], "an order brings nobody off it"
    await hall.moves.act(str(order.move_id), "abort", MoveAct(), "Olga")
    assert await left(hall) == [("till-hb1", NEW)]
    assert await ends(hall, OLD) is MoveState.DONE
    assert await left(hall) == []


async def test_one_whose_way_back_was_aborted_is_left(hall: Hall) -> None:
    hall.crashes = True
    await hall.begin()
    await hall.go_on(rounds=4)
    assert (await hall.record()).of("till-hb1").state is KioskMoveState.MOVING_BACK
    await hall.moves.act(ID, "abort", MoveAct(), "Olga")
    assert (await hall.record()).state is MoveState.ABORTED
    known = await halt(hall)
    assert (known.stopped, [one.release for one in known.left]) == ("", [NEW])


async def test_one_that_was_out_of_service_before_it_was_back_is_left(hall: Hall) -> None:
    hall.crashes = True
    await hall.begin()
    await hall.go_on(rounds=4)
    assert (await hall.record()).of("till-hb1").state is KioskMoveState.MOVING_BACK
    await Kiosks(hall.store, hall.clock).leave("till-hb1")
    move = await hall.go_on()
    assert (move.state, move.of("till-hb1").state) == (
        MoveState.STOPPED,
        KioskMoveState.LEFT_OUT,
    )
    # The alarm is of one in service alone: it comes once somebody keeps it after all.
    assert await left(hall) == [("till-hb1", NEW)]


async def test_one_that_left_before_anything_failed_there_is_not_left_on_it(hall: Hall) -> None:
    await hall.begin()
    await hall.go_on(rounds=2)
    await Kiosks(hall.store, hall.clock).leave("till-hb1")
    assert (await hall.go_on()).of("till-hb1").state is KioskMoveState.LEFT_OUT
    assert await left(hall) == []


async def test_a_move_that_ends_well_leaves_nothing(hall: Hall) -> None:
    await hall.begin()
    assert (await hall.go_on()).state is MoveState.DONE
    assert await Workspace(hall.store).fetch(HaltRecord, HALTS, "harbour-hall") is None


async def test_when_a_kiosk_came_on_is_kept_and_waits_are_none(hall: Hall) -> None:
    hall.away.add("till-hb1")
    await hall.begin()
    assert (await hall.go_on(rounds=3)).progressed_at is None
    await hall.moves.act(ID, "pause", MoveAct(), "Olga")
    assert (await hall.record()).progressed_at is None
    await hall.moves.act(ID, "resume", MoveAct(), "Olga")
    assert (await hall.record()).progressed_at == hall.clock.now()
    hall.away.clear()
    move = await hall.go_on(rounds=1)
    assert (move.of("till-hb1").state, move.progressed_at) == (
        KioskMoveState.MOVING,
        hall.clock.now(),
    )


async def test_who_watches_the_fleet_reads_open_moves_and_halts_whatever_one_of_them_is(
    hall: Hall,
) -> None:
    await hall.begin()
    workspace = Workspace(hall.store)
    await workspace.load(
        [key_of(DirectoryRecord, OPEN_MOVES, "odd"), key_of(HaltRecord, HALTS, "x")]
    )
    workspace.put(DirectoryRecord(), OPEN_MOVES, "odd")
    workspace.put(HaltRecord(stopped="y"), HALTS, "x")
    await workspace.commit()
    await hall.store.commit([Put(Key(MoveRecord.store_kind, "odd"), {"state": "?"}, Absent())])
    moves = (await Gathering(hall.store, ()).gather()).moves
    assert [one.move_id for one in moves.open] == [ID]
    assert (moves.unreadable, dict(moves.halts)) == (("odd",), {"x": HaltRecord(stopped="y")})
