"""What was read a moment ago is not read again, and no longer than a moment."""

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import pytest

from cloud_store.port import StoreError
from fleet_service import recent, remembered
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


async def test_what_was_never_there_pushes_nothing_out_that_is() -> None:
    """Anybody may ask for anything, by any name; and what was there and is not is remembered."""

    class Few(Shelf):
        async def read(self, key: str) -> Any:
            found = await super().read(key)
            return found if key == "there" else None

    shelf = Few()
    reads = RecentReads(FakeFleetClock(), shelf.read)
    await reads.recall("there")
    for number in range(recent.MOST_RECALLED + 1):
        assert await reads.find(str(number)) is None
    read = shelf.reads
    assert await reads.recall("there") == "old"
    assert shelf.reads == read


async def test_that_something_is_there_no_more_is_remembered() -> None:
    shelf, clock = Shelf(), FakeFleetClock()
    reads: RecentReads[Any] = RecentReads(clock, shelf.read)
    await reads.recall("a")
    clock.advance(recent.RECALLED_S)
    shelf.value = None  # type: ignore[assignment]  # what is not there
    assert await reads.recall("a") is None
    assert await reads.recall("a") is None
    assert shelf.reads == 2


async def test_no_more_is_remembered_than_there_is_room_for() -> None:
    shelf = Shelf()
    reads = RecentReads(FakeFleetClock(), shelf.read)
    for number in range(remembered.MOST_RECALLED + 1):
        await reads.recall(str(number))
    known = shelf.reads
    await reads.recall("1")
    assert shelf.reads == known
    await reads.recall("0")
    assert shelf.reads == known + 1


class FaultyShelf(Shelf):
    """A store that fails for some keys."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: set[str] = set()
        self.failed = 0

    async def read(self, key: str) -> str:
        if key in self.fails:
            self.failed += 1
            raise StoreError("throttled")
        return await super().read(key)


async def test_one_s_failed_read_lets_nobody_else_s_old_standing_count() -> None:
    shelf, clock = FaultyShelf(), FakeFleetClock()
    reads = RecentReads(clock, shelf.read)
    await reads.recall_or_last("revoked meanwhile")
    clock.advance(recent.FRESH_S)
    await reads.recall_or_last("throttled")
    clock.advance(remembered.RECALLED_S)
    shelf.value, shelf.fails = "new", {"throttled"}
    assert await reads.recall_or_last("throttled") == "old"
    assert shelf.failed == 1
    assert await reads.recall_or_last("revoked meanwhile") == "new"


async def test_what_was_read_within_a_minute_waits_for_no_store_that_just_failed() -> None:
    shelf, clock = FaultyShelf(), FakeFleetClock()
    reads = RecentReads(clock, shelf.read)
    for key in ("a", "b"):
        await reads.recall_or_last(key)
    clock.advance(remembered.RECALLED_S)
    shelf.fails = {"a", "b"}
    for key in ("a", "b", "a", "b"):
        assert await reads.recall_or_last(key) == "old"
    assert shelf.failed == 1, "b heard of it by a's read"
    clock.advance(remembered.RECALLED_S)
    await reads.recall_or_last("b")
    assert shelf.failed == 2, "a second later it is asked again"


async def test_whose_own_read_failed_waits_for_a_second_before_it_is_read_again() -> None:
    shelf, clock = FaultyShelf(), FakeFleetClock()
    reads = RecentReads(clock, shelf.read)
    await reads.recall_or_last("a")
    clock.advance(recent.OUTLASTS_S - 10)
    shelf.fails = {"a"}
    for _ in range(3):
        assert await reads.recall_or_last("a") == "old"
    assert shelf.failed == 1
    clock.advance(remembered.RECALLED_S)
    shelf.fails, shelf.value = set(), "new"
    assert await reads.recall_or_last("a") == "new"
    clock.advance(remembered.RECALLED_S)
    shelf.value = "newest"
    assert await reads.recall_or_last("a") == "newest", "a read that went well ends it"


class Heard:
    """Whoever hears of changes, as a test tells them."""

    def __init__(self) -> None:
        self.changed: list[Callable[[Collection[str] | None], None]] = []

    def hear(self, changed: Callable[[Collection[str] | None], None]) -> None:
        self.changed.append(changed)

    def covers(self, _read_at: float, _now: float) -> bool:
        return True

    def tell(self, *keys: str) -> None:
        for changed in self.changed:
            changed(keys)


async def test_who_is_heard_to_have_changed_is_read_though_others_reads_fail() -> None:
    shelf, clock, heard = FaultyShelf(), FakeFleetClock(), Heard()
    reads = RecentReads(clock, shelf.read, heard)
    for key in ("throttled", "revoked"):
        await reads.recall_or_last(key)
    heard.tell("throttled", "revoked")
    clock.advance(remembered.RECALLED_S)
    shelf.value, shelf.fails = "new", {"throttled"}
    assert await reads.recall_or_last("throttled") == "old"
    assert await reads.recall_or_last("revoked") == "new"


async def test_names_that_nobody_has_leave_nothing_behind() -> None:
    class Nobody(FaultyShelf):
        async def read(self, key: str) -> str:
            await super().read(key)
            return None  # type: ignore[return-value]  there is nothing

    shelf = Nobody()
    reads = RecentReads(FakeFleetClock(), shelf.read)
    shelf.fails = {"b"}
    assert await reads.find("a") is None
    with pytest.raises(StoreError):
        await reads.find("b")
    assert not reads._remembered._reading
    assert reads._remembered.last("a") is None
