"""What changed, kept in one order by all tasks together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from cloud_store.port import Absent, Delete, Key, Put, Store, StoreError, VersionIs
from cloud_store.retrying import ATTEMPTS
from cloud_store.workspace import key_of
from fleet_service.stream import keeping
from fleet_service.stream.clients import MOST_BYTES, MOST_WAITING, StreamClients
from fleet_service.stream.keeping import Entries, MarkWriter
from fleet_service.stream.marking import MarkingStore, Pending
from fleet_service.stream.marks import Entry, Kind, Mark, Position, marks_of, placed
from fleet_service.stream.noticing import Noticing
from fleet_service.stream.records import StreamEntryRecord, entry_key
from kiosk_contracts.problem import ProblemError
from tests.support.faulty_store import FaultyStore
from tests.support.fleet_snapshots import hall, snapshot
from tests.support.fleet_views import report, views
from tests.support.stores import ADAPTERS, Opener


@pytest.fixture(params=sorted(ADAPTERS))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    if request.param == "dynamodb":
        request.getfixturevalue("dynamodb")
    return ADAPTERS[request.param](tmp_path)


@pytest.fixture
async def stores(opener: Opener) -> AsyncIterator[tuple[Store, Store]]:
    """Two tasks' own ways to one store."""
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(opener())
        yield one, await stack.enter_async_context(opener())


def kiosk(number: int) -> Mark:
    return Mark(Kind.INSTANCE, f"till-{number}")


async def test_what_two_tasks_mark_at_once_has_one_order_without_gaps(
    stores: tuple[Store, Store],
) -> None:
    tasks = [Entries(one) for one in stores]
    begin, _ = await tasks[0].position()

    async def mark(task: Entries, first: int) -> None:
        for number in range(first, first + 10):
            await task.append([kiosk(number)])

    await asyncio.gather(mark(tasks[0], 0), mark(tasks[1], 100))
    found = [await task.after(begin) for task in tasks]
    assert found[0] == found[1]
    assert [one.number for one in found[0]] == [*range(begin.entry + 1, begin.entry + 21)]
    told = [one.marks for one in found[0]]
    assert sorted(told) == sorted((kiosk(n),) for n in [*range(10), *range(100, 110)])
    assert (await tasks[1].position())[0] == Position(begin.epoch, begin.entry + 20)


async def test_the_oldest_are_forgotten_and_it_is_known_which(
    stores: tuple[Store, Store],
) -> None:
    entries = Entries(stores[0], kept=3)
    begin, _ = await entries.position()
    for number in range(6):
        await entries.append([kiosk(number)])
    newest, oldest = await entries.position()
    assert (newest.entry, oldest) == (begin.entry + 6, begin.entry + 4)
    assert [one.marks for one in await entries.after(begin)] == [(kiosk(n),) for n in (3, 4, 5)]


async def test_fewer_are_kept_by_and_by_where_more_were(stores: tuple[Store, Store]) -> None:
    many, few = Entries(stores[0], kept=50), Entries(stores[0], kept=2)
    begin, _ = await many.position()
    for number in range(9):
        await many.append([kiosk(number)])
    for number in range(4):
        await few.append([kiosk(number)])
    assert [one.marks[0].id for one in await few.after(begin)] == ["till-2", "till-3"]


async def test_more_entries_than_a_page_are_read(stores: tuple[Store, Store]) -> None:
    entries = Entries(stores[0])
    begin, _ = await entries.position()
    for number in range(101):
        await entries.append([kiosk(number)])
    assert len(await entries.after(begin)) == 101


async def test_what_can_not_be_marked_now_is_marked_later(stores: tuple[Store, Store]) -> None:
    faulty, pending = FaultyStore(stores[0]), Pending()
    entries = Entries(faulty)
    begin, _ = await entries.position()
    writer = MarkWriter(entries, pending)
    pending.add([kiosk(1)])
    faulty.fail_commits_after(0)
    with pytest.raises(StoreError):
        await writer.write_all()
    assert faulty.failed == 1
    faulty.heal()
    await writer.write_all()
    assert [one.marks for one in await entries.after(begin)] == [(kiosk(1),)]


async def test_who_was_beaten_goes_behind(stores: tuple[Store, Store]) -> None:
    faulty = FaultyStore(stores[0])
    entries = Entries(faulty)
    begin, _ = await entries.position()
    faulty.beat(2)
    await entries.append([kiosk(1)])
    assert faulty.failed == 2
    assert [one.number for one in await entries.after(begin)] == [begin.entry + 1]


async def test_who_is_beaten_for_ever_gives_up_for_now_and_what_was_marked_stays_pending(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[int] = []

    async def pause(attempt: int) -> None:
        paused.append(attempt)

    monkeypatch.setattr(keeping, "pause", pause)
    faulty, pending = FaultyStore(stores[0]), Pending()
    entries = Entries(faulty)
    await entries.position()
    faulty.beat(10_000)
    pending.add([kiosk(1)])
    with pytest.raises(StoreError):
        await MarkWriter(entries, pending).write_all()
    assert faulty.failed == ATTEMPTS
    assert paused == [*range(1, ATTEMPTS + 1)]
    assert pending.take(9) == [kiosk(1)]


async def test_what_is_to_be_forgotten_and_is_gone_already_holds_nothing_up(
    stores: tuple[Store, Store],
) -> None:
    """E.g. where a table was put back in parts, or somebody removed items by hand."""
    entries = Entries(stores[0], kept=3)
    begin, oldest = await entries.position()
    for number in range(2):
        await entries.append([kiosk(number)])
    key = key_of(StreamEntryRecord, begin.epoch, entry_key(oldest))
    await stores[1].commit([Delete(key, VersionIs(1))])
    for number in range(2, 5):
        await entries.append([kiosk(number)])
    newest, oldest = await entries.position()
    assert (newest.entry, oldest) == (begin.entry + 5, begin.entry + 3)
    assert [one.marks[0].id for one in await entries.after(begin)] == ["till-2", "till-3", "till-4"]


async def test_no_more_is_read_than_anybody_has_a_use_for(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_PAGE", 2)
    monkeypatch.setattr(keeping, "_MOST_MARKS", 1)
    entries = Entries(stores[0])
    begin, _ = await entries.position()
    for number in (1, 1, 1, 1, 2, 3, 4, 5, 6):
        await entries.append([kiosk(number)])
    assert len(await entries.after(begin, 2)) == 8, "a page more than three things"
    assert len(await entries.after(begin, 5)) == len(await entries.after(begin)) == 9


async def test_a_commit_nobody_knows_of_is_marked(stores: tuple[Store, Store]) -> None:
    faulty, pending = FaultyStore(stores[0]), Pending()
    faulty.lose_answers(1)
    with pytest.raises(StoreError):
        await MarkingStore(faulty, pending).commit([Put(Key("seen", "till-1"), {}, Absent())])
    assert pending.take(9) == [kiosk(1)]


def test_what_is_read_by_others_alone_is_not_marked() -> None:
    keys = [Key("alarm", "past", "x"), Key("alarm", "now", "a.-.c"), Key("audit", "d", "x")]
    writes = [Put(key, {}, Absent()) for key in keys]
    assert [*marks_of(writes)] == [Mark(Kind.ALARM, "a.-.c")]


def test_each_thing_stands_where_it_was_marked_last() -> None:
    entries = [
        Entry(5, (kiosk(1), kiosk(2))),
        Entry(6, (kiosk(3), kiosk(1), kiosk(4))),
    ]
    assert placed("e", entries, Position("e", 4)) == [
        (Position("e", 5), kiosk(2)),
        (Position("e", 5, 1), kiosk(3)),
        (Position("e", 5, 2), kiosk(1)),
        (Position("e", 6), kiosk(4)),
    ]
    assert [mark for _, mark in placed("e", entries, Position("e", 5, 2))] == [kiosk(4)]
    assert placed("e", entries, Position("e", 6)) == []


@pytest.mark.parametrize("at", [Position("0123abcd", 7), Position("0123abcd", 7, 2)])
def test_a_position_is_read_as_it_was_said(at: Position) -> None:
    assert Position.parse(at.text) == at


def test_what_is_pending_is_taken_once_and_the_newest_last() -> None:
    pending = Pending()
    pending.add([kiosk(1), kiosk(2)])
    pending.add([kiosk(1)])
    assert pending.take(1) == [kiosk(2)]
    assert pending.there.is_set()
    assert pending.take(5) == [kiosk(1)]
    assert not pending.there.is_set()


def test_who_takes_nothing_is_let_go() -> None:
    with StreamClients(per_token=1, most=1).place_for("a") as client:
        client.offer([b"x"] * MOST_WAITING)
        assert not client.let_go.is_set()
        client.offer([b"x"])
        assert client.let_go.is_set()


def test_who_takes_nothing_of_what_is_long_is_let_go_sooner() -> None:
    with StreamClients(per_token=1, most=1).place_for("a") as client:
        half = b"x" * (MOST_BYTES // 2)
        client.offer([half, half])
        assert not client.let_go.is_set()
        client.offer([b"x"])
        assert client.let_go.is_set()


async def test_what_was_sent_waits_no_more() -> None:
    with StreamClients(per_token=1, most=1).place_for("a") as client:
        for _ in range(3):
            client.offer([b"x" * MOST_BYTES])
            assert len(await client.next(0)) == MOST_BYTES
        assert not client.let_go.is_set()


def test_a_place_is_given_back() -> None:
    streams = StreamClients(per_token=1, most=2)
    with streams.place_for("a"), pytest.raises(ProblemError), streams.place_for("a"):
        pass
    most = pytest.raises(ProblemError)
    with streams.place_for("a"), streams.place_for("b"), most, streams.place_for("c"):
        pass
    with streams.place_for("a"), streams.place_for("c"):
        pass


def test_what_changes_by_time_alone_is_noticed() -> None:
    noticing = Noticing()
    well = snapshot(hall("mill", views("a", report=report(timedelta(seconds=10)))))
    # The same report, and nothing else: it is old now.
    silent = snapshot(hall("mill", views("a", report=report(timedelta(minutes=10)))))
    assert [one.kind for one in noticing.marks(1, well)] == [Kind.ALL]
    assert [*noticing.marks(1, well)] == []
    assert [*noticing.marks(1, silent)] == [Mark(Kind.INSTANCE, "mill-a")]
    assert [one.kind for one in noticing.marks(2, silent)] == [Kind.ALL]
