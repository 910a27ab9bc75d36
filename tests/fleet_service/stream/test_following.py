"""What is known of kiosks counts until any task changes it, and no longer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from cloud_store.port import Absent, Key, Put, Store, StoreError, VersionIs
from cloud_store.workspace import key_of
from fleet_service.remembered import Remembered
from fleet_service.stream import keeping
from fleet_service.stream.following import COUNTS_S, Following
from fleet_service.stream.keeping import Entries, MarkWriter
from fleet_service.stream.marking import MarkingStore, Pending
from fleet_service.stream.marks import EVERYTHING, Kind, Mark, marks_of
from fleet_service.stream.records import HEAD, StreamHeadRecord, entry_key
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock
from tests.support.stores import ADAPTERS, Opener

LONGEST_REQUEST_S = 12
"""Of an adapter of the store, before it gives up."""
MINE, OTHER = "till-hb1", "till-hb2"


@pytest.fixture(params=sorted(ADAPTERS))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    if request.param == "dynamodb":
        request.getfixturevalue("dynamodb")
    return ADAPTERS[request.param](tmp_path)


class Task:
    """A task of the service, and what it remembers of two kiosks."""

    def __init__(self, store: Store, clock: FakeFleetClock, kept: int = keeping.KEPT) -> None:
        self.faulty = FaultyStore(store)
        self.pending = Pending()
        self.entries = Entries(self.faulty, kept=kept)
        self.clock = clock
        self.following = Following(self.entries, self.pending, clock)
        self.store = MarkingStore(self.faulty, self.pending)
        self.known: Remembered[str] = Remembered(clock, self.following.standings)

    def read(self, *kiosks: str) -> None:
        for kiosk in kiosks or (MINE, OTHER):
            self.known.end(self.known.begin(kiosk), "as it was")

    def counting(self) -> set[str]:
        return {one for one in (MINE, OTHER) if self.known.counting(one) is not None}

    async def looks(self, seconds: float = 1.0) -> None:
        """Let time pass, and look now and then."""
        for _ in range(4):
            self.clock.advance(seconds / 4)
            await self.following.look()

    async def mark(self) -> None:
        if marks := self.pending.take(100):
            await self.entries.append(marks)


@pytest.fixture
async def tasks(opener: Opener) -> AsyncIterator[tuple[Task, Task]]:
    clock = FakeFleetClock()
    async with AsyncExitStack() as stack:
        one = Task(await stack.enter_async_context(opener()), clock)
        two = Task(await stack.enter_async_context(opener()), clock)
        yield one, two


def revoke(kiosk: str) -> Put:
    return Put(Key("kiosk", kiosk), {"standing": "revoked"}, Absent())


async def test_what_nobody_changes_counts_for_a_while_and_is_read_again(
    tasks: tuple[Task, Task],
) -> None:
    task, _ = tasks
    await task.following.look()
    task.read()
    for _ in range(int(COUNTS_S) - 1):
        await task.looks()
        assert task.counting() == {MINE, OTHER}
    await task.looks()
    assert task.counting() == set(), "a task may have died before it marked what it wrote"


async def test_what_another_task_changed_counts_no_more_once_its_mark_is_heard(
    tasks: tuple[Task, Task],
) -> None:
    task, rival = tasks
    await task.following.look()
    task.read()
    await task.looks()
    await rival.store.commit([revoke(MINE)])
    await rival.mark()
    await task.following.look()
    assert task.counting() == {OTHER}
    task.read(MINE)
    await task.looks()
    assert task.counting() == {MINE, OTHER}, "it was read again"


async def test_what_this_task_changes_counts_no_more_at_once(tasks: tuple[Task, Task]) -> None:
    task, _ = tasks
    await task.following.look()
    task.read()
    await task.store.commit([revoke(MINE)])
    assert task.counting() == {OTHER}


async def test_a_read_under_way_while_something_changes_is_not_remembered(
    tasks: tuple[Task, Task],
) -> None:
    task, _ = tasks
    await task.following.look()
    reading = task.known.begin(MINE)
    await task.store.commit([revoke(MINE)])
    task.known.end(reading, "as it was")
    assert task.counting() == set()
    reading = task.known.begin(MINE)
    task.pending.add([EVERYTHING])
    task.known.end(reading, "as it was")
    assert task.counting() == set()


async def test_while_nothing_is_heard_what_was_read_counts_for_a_second(
    tasks: tuple[Task, Task],
) -> None:
    task, _ = tasks
    await task.following.look()
    task.read()
    await task.looks(2)
    assert task.counting() == {MINE, OTHER}
    task.faulty.fail_reads = 10_000
    for _ in range(3):
        task.clock.advance(0.3)
        with pytest.raises(StoreError):
            await task.following.look()
    assert task.counting() == set()
    task.read(MINE)
    assert task.counting() == {MINE}
    task.faulty.fail_reads = 0
    await task.following.look()
    assert task.counting() == {MINE, OTHER}, "all that was marked meanwhile has been heard"


async def test_what_was_read_before_anything_was_heard_does_not_count(
    tasks: tuple[Task, Task],
) -> None:
    task, _ = tasks
    task.read()
    task.clock.advance(0.1)
    await task.following.look()
    await task.looks()
    assert task.counting() == set()


async def test_who_missed_marks_that_were_forgotten_reads_all_anew(opener: Opener) -> None:
    clock = FakeFleetClock()
    async with opener() as one, opener() as two:
        task, rival = Task(one, clock, kept=3), Task(two, clock, kept=3)
        await task.following.look()
        task.read()
        clock.advance(0.1)
        await rival.store.commit([revoke(MINE)])
        for _ in range(6):
            await rival.mark()
            await rival.entries.append([Mark(Kind.ALARM, "x")])
        await task.following.look()
        await task.looks()
        assert task.counting() == set()
        task.read()
        await task.looks()
        assert task.counting() == {MINE, OTHER}


@pytest.mark.parametrize("kind", [Kind.ALL, Kind.NEWER, Kind.VENUE])
async def test_a_mark_that_names_no_kiosk_may_mean_any(
    tasks: tuple[Task, Task], kind: Kind
) -> None:
    task, rival = tasks
    await task.following.look()
    task.read()
    await task.looks()
    await rival.entries.append([Mark(kind, "harbour-hall")])
    await task.following.look()
    assert task.counting() == set()
    assert task.known.last(MINE) is not None, "it counts where the store is away"


async def test_marks_of_other_things_change_nothing(tasks: tuple[Task, Task]) -> None:
    task, rival = tasks
    await task.following.look()
    task.read()
    await rival.entries.append([Mark(Kind.ALARM, MINE), Mark(Kind.MOVE, MINE)])
    await task.looks()
    assert task.counting() == {MINE, OTHER}


@pytest.mark.parametrize("kind", ["kiosk", "kiosk_release", "open_commands"])
def test_all_by_which_a_kiosk_s_request_is_judged_is_marked(kind: str) -> None:
    marks = [*marks_of([Put(Key(kind, MINE), {}, Absent())])]
    assert marks == [Mark(Kind.INSTANCE, MINE), Mark(Kind.STANDING, MINE)]


async def test_reports_change_nothing_of_how_a_kiosk_stands(tasks: tuple[Task, Task]) -> None:
    task, rival = tasks
    reports: Remembered[str] = Remembered(task.clock, task.following.instances)
    await task.following.look()
    task.read()
    reports.end(reports.begin(MINE), "as it was")
    await rival.store.commit([Put(Key("seen", MINE), {}, Absent())])
    await rival.mark()
    await task.looks()
    assert task.counting() == {MINE, OTHER}
    assert reports.counting(MINE) is None


async def test_a_task_of_an_older_version_marks_no_standing_and_is_heard_all_the_same(
    tasks: tuple[Task, Task],
) -> None:
    task, rival = tasks
    await task.following.look()
    task.read()
    position, _ = await rival.entries.position()
    head = await rival.faulty.get(key_of(StreamHeadRecord, HEAD))
    assert head is not None
    number = position.entry + 1
    entry = Key("stream_entry", position.epoch, entry_key(number))
    await rival.faulty.commit(
        [
            Put(head.key, {**head.body, "last": number}, VersionIs(head.version)),
            Put(entry, {"marks": [["instance", MINE]]}, Absent()),
        ]
    )
    await task.looks()
    assert task.counting() == {OTHER}


async def test_a_store_in_the_place_of_another_is_followed_from_its_own_beginning(
    tasks: tuple[Task, Task],
) -> None:
    task, rival = tasks
    await task.following.look()
    task.read()
    head = await rival.faulty.get(key_of(StreamHeadRecord, HEAD))
    assert head is not None
    other = {"epoch": "0badcafe", "last": 0, "oldest": 1}
    await rival.faulty.commit([Put(head.key, other, VersionIs(head.version))])
    for _ in range(3):
        await task.looks()
    assert task.counting() == set(), "what was read of the other store counts no more"
    task.read()
    await rival.store.commit([revoke(MINE)])
    await rival.mark()
    await task.looks()
    assert task.counting() == {OTHER}


# What an operator is answered


async def test_who_asks_for_what_was_done_already_has_all_tasks_look_again(
    tasks: tuple[Task, Task],
) -> None:
    task, rival = tasks
    await task.following.look()
    task.read()
    await MarkWriter(rival.entries, rival.pending).tell([MINE])
    await task.looks()
    assert task.counting() == {OTHER}


async def test_what_is_being_marked_is_waited_for(tasks: tuple[Task, Task]) -> None:
    task, _ = tasks
    writer, began, go = MarkWriter(task.entries, task.pending), asyncio.Event(), asyncio.Event()
    await task.store.commit([revoke(MINE)])

    async def held() -> None:
        began.set()
        await go.wait()

    task.faulty.let_rival_in(held)
    under_way = asyncio.create_task(writer.write_all())
    await began.wait()
    answer = asyncio.create_task(writer.tell([]))
    await asyncio.sleep(0.05)
    assert not answer.done(), "the mark was taken, and is not written yet"
    go.set()
    await asyncio.gather(under_way, answer)


async def test_who_marks_is_not_kept_by_what_comes_meanwhile(tasks: tuple[Task, Task]) -> None:
    task, _ = tasks
    writer = MarkWriter(task.entries, task.pending)

    async def reports() -> None:
        task.pending.add([Mark(Kind.INSTANCE, OTHER)])
        task.faulty.let_rival_in(reports)

    await task.store.commit([revoke(MINE)])
    task.faulty.let_rival_in(reports)
    async with asyncio.timeout(20):
        await writer.write_all()
    assert len(task.pending) == 1


async def test_what_may_land_after_it_was_given_up_is_marked_again_then(
    tasks: tuple[Task, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    task, _ = tasks
    await task.following.look()
    began, later = asyncio.Event(), list[Any]()

    async def slow() -> None:
        began.set()
        await asyncio.Event().wait()

    task.faulty.let_rival_in(slow)
    given_up = asyncio.create_task(task.store.commit([revoke(MINE)]))
    await began.wait()
    given_up.cancel()
    with monkeypatch.context() as patched:
        loop = asyncio.get_running_loop()
        patched.setattr(loop, "call_later", lambda *asked: later.append(asked))
        with pytest.raises(asyncio.CancelledError):
            await given_up
    # It is read, and marked, before it lands.
    task.read()
    await task.mark()
    await task.following.look()
    assert task.counting() == {MINE, OTHER}
    [(seconds, again, *words)] = later
    assert seconds >= LONGEST_REQUEST_S
    again(*words)
    assert task.counting() == {OTHER}


async def test_it_looks_by_itself_and_goes_on_after_a_store_that_failed(opener: Opener) -> None:
    async with opener() as store:
        task = Task(store, FakeFleetClock())
        task.faulty.fail_reads = 1
        async with task.following.working(), asyncio.timeout(20):
            now = task.clock.monotonic()
            while not task.following.covers(now, now):  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.05)
        assert task.faulty.failed == 1
