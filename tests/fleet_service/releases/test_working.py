"""Each move is gone on with by itself, whatever becomes of another."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cloud_store.port import Absent, Key, Put, StoreError
from cloud_store.workspace import Workspace, key_of
from fleet_service.releases.records import OPEN_MOVES, MoveRecord
from fleet_service.releases.working import MoveWorker
from fleet_service.venues.records import DirectoryRecord
from kiosk_contracts.releases import KioskMoveState, MoveState
from tests.support.moving_store import MOVE_ID, Hall, HeldLease, opened

ID = str(MOVE_ID)


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with opened(tmp_path) as found:
        await found.set_up("HB1", "HB2")
        yield found


async def are_open(hall: Hall, *ids: str) -> None:
    workspace = Workspace(hall.store)
    await workspace.load(key_of(DirectoryRecord, OPEN_MOVES, one) for one in ids)
    for one in ids:
        workspace.put(DirectoryRecord(), OPEN_MOVES, one)
    await workspace.commit()


@dataclass
class Scripted:
    """Goes on with anything: `bad` raises, `slow` waits for `let_go`."""

    error: Exception = field(default_factory=lambda: ValueError("odd\x1b[2J"))
    looked: list[str] = field(default_factory=list)
    noted: list[tuple[str, str]] = field(default_factory=list)
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    others: asyncio.Event = field(default_factory=asyncio.Event)
    full: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once as many are looked at as may be at once."""
    note_error: Exception | None = None

    async def look(self, open_id: str) -> None:
        self.looked.append(open_id)
        if len(self.looked) == 16:
            self.full.set()
        if open_id.startswith("bad"):
            raise self.error
        if open_id.startswith("slow"):
            await self.let_go.wait()
        if open_id == "well" and self.looked.count(open_id) > 2:
            self.others.set()

    async def note(self, open_id: str, why: str) -> None:
        self.noted.append((open_id, why))
        if self.note_error is not None:
            raise self.note_error


async def test_one_that_raises_keeps_no_other_waiting_and_its_reason_is_kept(hall: Hall) -> None:
    await are_open(hall, "bad", "well")
    scripted = Scripted(note_error=StoreError("away"))
    await MoveWorker(hall.store, HeldLease(), scripted).look()
    assert sorted(scripted.looked) == ["bad", "well"]
    why = "the fleet service itself failed: ValueError: odd [2J"
    assert scripted.noted == [("bad", why)]


async def test_a_store_that_is_away_is_no_fault_of_a_move(hall: Hall) -> None:
    await are_open(hall, "bad", "well")
    scripted = Scripted(StoreError("away"))
    await MoveWorker(hall.store, HeldLease(), scripted).look()
    assert (sorted(scripted.looked), scripted.noted) == (["bad", "well"], [])


async def test_others_go_on_again_and_again_beside_one_that_hangs(hall: Hall) -> None:
    await are_open(hall, "slow", "well")
    scripted = Scripted()
    async with MoveWorker(hall.store, HeldLease(), scripted).working(0.001):
        await scripted.others.wait()
        assert scripted.looked.count("slow") == 1, "nobody looks at one twice at once"
        scripted.let_go.set()


async def test_a_look_that_does_not_end_is_cut_off_and_its_reason_is_kept(hall: Hall) -> None:
    await are_open(hall, "slow")
    scripted = Scripted()
    await MoveWorker(hall.store, HeldLease(), scripted, look_ends_s=0.01).look()
    assert scripted.noted == [("slow", "a look at it had not ended after 0.01 s")]


async def test_so_many_are_looked_at_at_once_and_the_rest_after_them(hall: Hall) -> None:
    many = [f"slow{number:02}" for number in range(20)]
    await are_open(hall, *many)
    scripted = Scripted()
    worker = MoveWorker(hall.store, HeldLease(), scripted)
    looking = asyncio.create_task(worker.look())
    await scripted.full.wait()
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(scripted.looked) == 16
    scripted.let_go.set()
    await looking
    assert sorted(scripted.looked) == many


async def test_one_whose_turn_comes_after_the_lease_was_lost_is_left_alone(hall: Hall) -> None:
    many = [f"slow{number:02}" for number in range(17)]
    await are_open(hall, *many)
    scripted, lease = Scripted(), HeldLease()
    looking = asyncio.create_task(MoveWorker(hall.store, lease, scripted).look())
    await scripted.full.wait()
    lease.term = None
    scripted.let_go.set()
    await looking
    assert len(scripted.looked) == 16


# The moves themselves


async def test_one_that_nobody_can_read_keeps_no_other_waiting(hall: Hall) -> None:
    broken = "0000"
    await are_open(hall, broken)
    key = Key(MoveRecord.store_kind, broken)
    await hall.store.commit([Put(key, {"state": "from the future"}, Absent())])
    await hall.begin()
    worker = MoveWorker(hall.store, hall.lease, hall.tending())
    while not (await hall.record()).state.ended:
        await hall.kiosks_report()
        await worker.look()
    assert (await hall.record()).state is MoveState.DONE
    listed = await hall.moves.page("", 10, still_open=True)
    assert (listed.moves, listed.next_after) == ((), None)


async def test_operators_see_why_a_move_can_not_be_gone_on_with_until_it_can(hall: Hall) -> None:
    await hall.begin()
    tending, look = hall.tending(), hall.ecs.look

    async def fails(_instance_id: str) -> None:
        raise KeyError("containerInstanceArn")

    hall.ecs.look = fails  # type: ignore[method-assign,assignment]  ECS says something odd
    worker = MoveWorker(hall.store, hall.lease, tending)
    for _ in range(3):
        await hall.kiosks_report()
        await worker.look()
    told = await hall.moves.get(ID)
    assert told.why == "the fleet service itself failed: KeyError: 'containerInstanceArn'"
    page = await hall.moves.decisions(ID, "", 100)
    assert [one.what for one in page.decisions].count("fault") == 1
    hall.ecs.look = look  # type: ignore[method-assign]  and is well again
    await hall.kiosks_report()
    await worker.look()
    told = await hall.moves.get(ID)
    assert (told.why, told.kiosks[0].state) == ("", KioskMoveState.MOVING)
