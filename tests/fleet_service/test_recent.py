"""What was read a moment ago is not read again, and no longer than a moment."""

import asyncio

from fleet_service import recent
from fleet_service.recent import RecentReads
from tests.support.fleet import FakeFleetClock


class Shelf:
    """What is read from, slowly where a test wants it."""

    def __init__(self) -> None:
        self.value = "old"
        self.reads = 0
        self.read_at_all = asyncio.Event()
        self.held: asyncio.Event | None = None

    async def read(self, _key: str) -> str:
        self.reads += 1
        self.read_at_all.set()
        found, held = self.value, self.held
        if held is not None:
            await held.wait()
        return found


async def test_a_read_counts_for_a_second() -> None:
    shelf, clock = Shelf(), FakeFleetClock()
    reads = RecentReads(clock, shelf.read)
    assert await reads.recall("a") == "old"
    shelf.value = "new"
    clock.advance(0.999)
    assert await reads.recall("a") == "old"
    clock.advance(0.001)
    assert await reads.recall("a") == "new"
    assert shelf.reads == 2


async def test_what_was_forgotten_is_read_at_once() -> None:
    shelf = Shelf()
    reads = RecentReads(FakeFleetClock(), shelf.read)
    await reads.recall("a")
    shelf.value = "new"
    reads.forget("a")
    reads.forget("never asked for")
    assert await reads.recall("a") == "new"


async def test_a_read_that_began_earlier_and_ends_later_is_not_what_counts() -> None:
    shelf, clock = Shelf(), FakeFleetClock()
    reads = RecentReads(clock, shelf.read)
    held = shelf.held = asyncio.Event()
    slow = asyncio.create_task(reads.find("a"))
    await shelf.read_at_all.wait()
    shelf.held, shelf.value = None, "new"
    clock.advance(0.5)
    assert await reads.find("a") == "new"
    held.set()
    assert await slow == "old"
    assert await reads.recall("a") == "new"
    assert shelf.reads == 2


async def test_no_more_is_remembered_than_there_is_room_for() -> None:
    shelf = Shelf()
    reads = RecentReads(FakeFleetClock(), shelf.read)
    for number in range(recent.MOST_RECALLED + 1):
        await reads.recall(str(number))
    known = shelf.reads
    await reads.recall("1")
    assert shelf.reads == known
    await reads.recall("0")
    assert shelf.reads == known + 1
