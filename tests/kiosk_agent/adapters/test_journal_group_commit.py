"""Group commit: shared, durable before answered, undone one by one, nothing half-applied."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.adapters.journal.errors import problem_of
from kiosk_agent.adapters.journal.group_commit import GroupCommitter
from kiosk_agent.adapters.journal.writing import SqliteWriter
from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.problem import ProblemError
from tests.support.journal import OpenJournal, journal_in, new_transaction


class _Watched:
    """A connection that counts and, when told, refuses a statement."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.said: list[str] = []
        self.refuse: dict[str, sqlite3.Error] = {}
        self.fired = 0

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        return self._connection.total_changes

    def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
        self.said.append(sql)
        error = self.refuse.pop(sql, None)
        if error is not None:
            self.fired += 1
            raise error
        return self._connection.execute(sql, values)


def _watch(opened: OpenJournal) -> _Watched:
    watched = _Watched(opened.journal._writing)
    committer = opened.journal._committer
    committer._connection = watched  # type: ignore[assignment]
    committer._writer = SqliteWriter(watched, opened.clock)  # type: ignore[arg-type]
    return watched


def _sqlite_error(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk trouble")
    error.sqlite_errorcode = code
    error.sqlite_errorname = "SQLITE_TEST"
    return error


@pytest.mark.parametrize(("others_at_once", "commits"), [(9, 2), (256, 2), (257, 3)])
async def test_work_that_comes_during_a_commit_shares_the_next_one(
    tmp_path: Path, others_at_once: int, commits: int
) -> None:
    first_runs, go_on = threading.Event(), threading.Event()

    def slow(writer: JournalWriter) -> int:
        first_runs.set()
        go_on.wait()
        return writer.append(new_transaction()).transaction.envelope.sequence

    def quick(writer: JournalWriter) -> int:
        return writer.append(new_transaction()).transaction.envelope.sequence

    async with journal_in(tmp_path) as opened:
        watched = _watch(opened)
        first = asyncio.create_task(opened.journal.write(slow))
        await asyncio.to_thread(first_runs.wait)
        others = [asyncio.create_task(opened.journal.write(quick)) for _ in range(others_at_once)]
        await asyncio.sleep(0)
        go_on.set()
        sequences = await asyncio.gather(first, *others)
    assert sequences == list(range(1, others_at_once + 2))
    assert watched.said.count("COMMIT") == commits
    assert watched.said.count("BEGIN IMMEDIATE") == commits


async def test_whoever_shared_a_commit_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow this machine is, it waits for them.
    monkeypatch.setattr(f"{GroupCommitter.__module__}._LONGEST_WAIT_S", 3600.0)
    async with journal_in(tmp_path) as opened:
        watched = _watch(opened)
        committer = opened.journal._committer
        committer._last_size, committer._last_took_s = 3, 3600.0
        tasks = []
        for _ in range(3):
            tasks.append(asyncio.create_task(opened.append()))
            for _ in range(20):
                await opened.journal.read(lambda reader: reader.identity())
        await asyncio.gather(*tasks)
        assert committer._last_size == 3
    assert watched.said.count("COMMIT") == 1


async def test_a_lone_sale_waits_for_nobody(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        committer = opened.journal._committer
        committer._last_size, committer._last_took_s = 1, 3600.0
        await opened.append()
        # However many shared the last commit, half of its time is the longest wait.
        committer._last_size, committer._last_took_s = 64, 0.01
        await opened.append()
        assert committer._last_size == 1


async def test_one_piece_that_raises_is_undone_alone(tmp_path: Path) -> None:
    def wrong(writer: JournalWriter) -> None:
        writer.append(new_transaction())
        raise ProblemError(409, "sold_out", "Sold out")

    def stops(writer: JournalWriter) -> None:
        writer.append(new_transaction())
        raise StopIteration

    async with journal_in(tmp_path) as opened:
        results = await asyncio.gather(
            opened.append(),
            opened.journal.write(wrong),
            opened.append(),
            opened.journal.write(stops),
            opened.append(),
            return_exceptions=True,
        )
        counts = await opened.journal.read(lambda reader: reader.counts())
    assert isinstance(results[1], ProblemError)
    assert results[1].code == "sold_out"
    assert isinstance(results[3], RuntimeError)
    assert counts.last_sequence == 3


async def test_trouble_after_the_commit_is_told_and_the_thread_lives_on(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        committer = opened.journal._committer
        really = committer._committed

        def trouble() -> None:
            committer._committed = really
            raise RuntimeError("the mark")

        committer._committed = trouble
        with pytest.raises(RuntimeError, match="the mark"):
            await opened.append()
        after = await opened.append()
    assert after.sequence == 2, "the first is recorded: a repeat would get its answer"


async def test_the_others_are_done_once_however_many_fail(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:

        def refuses(number: int) -> Callable[[JournalWriter], None]:
            def work(writer: JournalWriter) -> None:
                writer.append(new_transaction(numbered=True))
                raise ProblemError(409, "sold_out", f"number {number}")

            return work

        asked = [
            opened.journal.write(refuses(number)) if number % 3 else opened.append(numbered=True)
            for number in range(30)
        ]
        results = await asyncio.gather(*asked, return_exceptions=True)
        rows = await opened.journal.read(lambda reader: reader.rows_after(0, 99))
    refused = [result for result in results if isinstance(result, ProblemError)]
    assert [one.problem.title for one in refused] == [f"number {n}" for n in range(30) if n % 3]
    assert [row.receipt_number for row in rows] == [f"HB1-1-{n:06d}" for n in range(1, 11)]
    assert [result for result in results if not isinstance(result, ProblemError)] == list(rows)


async def test_an_answer_comes_only_after_the_commit_returned(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        row = await opened.append()
        with sqlite3.connect(f"file:{opened.path}?mode=ro", uri=True) as other:
            found = other.execute("SELECT count(*) FROM transactions").fetchone()[0]
        other.close()
        same = await opened.journal.read(lambda reader: reader.row(row.transaction.envelope.txn_id))
    assert found == 1
    assert same == row


@pytest.mark.parametrize("statement", ["COMMIT", "BEGIN IMMEDIATE", "ROLLBACK"])
async def test_a_failing_disk_fails_the_whole_group_and_leaves_nothing(
    tmp_path: Path, statement: str
) -> None:
    async with journal_in(tmp_path) as opened:
        watched = _watch(opened)
        watched.refuse[statement] = _sqlite_error(sqlite3.SQLITE_IOERR)
        if statement == "ROLLBACK":
            watched.refuse["COMMIT"] = _sqlite_error(sqlite3.SQLITE_IOERR)
        results = await asyncio.gather(
            opened.append(numbered=True), opened.append(numbered=True), return_exceptions=True
        )
        assert watched.fired
        refused = [result for result in results if isinstance(result, ProblemError)]
        assert refused
        assert {problem.code for problem in refused} == {"journal_damaged"}
        assert all(problem.problem.retryable for problem in refused)
        after = await opened.append(numbered=True)
        done = len(results) - len(refused)
        assert after.transaction.envelope.sequence == done + 1
        assert after.receipt_number == f"HB1-1-{done + 1:06d}"


async def test_a_disk_that_fills_up_in_the_middle_of_work_loses_nothing_acknowledged(
    tmp_path: Path,
) -> None:
    async with journal_in(tmp_path) as opened:
        writing = opened.journal._writing
        acknowledged = [await opened.append() for _ in range(3)]
        pages = writing.execute("PRAGMA page_count").fetchone()[0]
        writing.execute(f"PRAGMA max_page_count = {pages}")
        refusals = 0
        while refusals < 3:
            result = (await asyncio.gather(opened.append(), return_exceptions=True))[0]
            if isinstance(result, ProblemError):
                assert result.code == "storage_full"
                refusals += 1
            else:
                assert not isinstance(result, BaseException)
                acknowledged.append(result)
        writing.execute("PRAGMA max_page_count = 1000000")
        acknowledged.append(await opened.append())
    async with journal_in(tmp_path) as opened:
        for row in acknowledged:
            find = methodcaller("row", row.transaction.envelope.txn_id)
            assert await opened.journal.read(find) == row
        counts = await opened.journal.read(lambda reader: reader.counts())
    assert counts.last_sequence == len(acknowledged)


async def test_what_was_handed_over_is_finished_before_closing(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        writes = [asyncio.create_task(opened.append()) for _ in range(20)]
        await asyncio.sleep(0)
        await opened.journal.close()
        assert len(await asyncio.gather(*writes)) == 20
        for refused in (opened.append(), opened.journal.read(lambda reader: reader.identity())):
            with pytest.raises(ProblemError) as caught:
                await refused
            assert caught.value.code == "agent_stopping"
        await opened.journal.close()


async def test_a_caller_that_gave_up_does_not_stop_the_others(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        given_up = asyncio.create_task(opened.append())
        await asyncio.sleep(0)
        given_up.cancel()
        await opened.append()
        counts = await opened.journal.read(lambda reader: reader.counts())
    assert given_up.cancelled()
    assert counts.last_sequence == 2, "what was handed over happens, as if its answer were lost"


async def test_a_loop_that_is_gone_does_not_end_the_writing_thread(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        committer: GroupCommitter = opened.journal._committer
        hold, held = threading.Event(), threading.Event()

        def blocked(_writer: JournalWriter) -> None:
            held.set()
            hold.wait()

        def other_loop() -> None:
            async def hand_over() -> None:
                task = asyncio.create_task(committer.submit(blocked))
                await asyncio.to_thread(held.wait)
                task.cancel()

            asyncio.run(hand_over())

        await asyncio.to_thread(other_loop)
        hold.set()
        assert (await opened.append()).transaction.envelope.sequence == 1


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (sqlite3.SQLITE_FULL, "storage_full"),
        (sqlite3.SQLITE_CORRUPT, "journal_damaged"),
        (sqlite3.SQLITE_CORRUPT_VTAB, "journal_damaged"),
        (sqlite3.SQLITE_NOTADB, "journal_damaged"),
        (sqlite3.SQLITE_IOERR_FSYNC, "journal_damaged"),
        (sqlite3.SQLITE_READONLY, "journal_damaged"),
        (sqlite3.SQLITE_CANTOPEN, "journal_damaged"),
        (sqlite3.SQLITE_BUSY, "journal_locked"),
        (sqlite3.SQLITE_LOCKED, "journal_locked"),
        (sqlite3.SQLITE_MISMATCH, "internal_error"),
        (None, "internal_error"),
    ],
)
def test_every_sqlite_error_has_a_problem_with_a_hint(code: int | None, problem: str) -> None:
    error = sqlite3.OperationalError("x") if code is None else _sqlite_error(code)
    mapped = problem_of(error)
    assert mapped.code == problem
    assert mapped.problem.hint
    assert "Traceback" not in mapped.problem.detail


async def test_an_error_of_sqlite_inside_work_comes_back_as_a_problem(tmp_path: Path) -> None:
    def clumsy(writer: JournalWriter) -> None:
        assert isinstance(writer, SqliteWriter)
        writer._change("INSERT INTO nowhere VALUES (1)")

    async with journal_in(tmp_path) as opened:
        with pytest.raises(ProblemError, match="nowhere"):
            await opened.journal.write(clumsy)
        with pytest.raises(ProblemError):
            await opened.journal.read(lambda _: opened.journal._reader._one("SELECT nothing"))
        await opened.append()


async def test_what_was_noted_of_a_failed_piece_is_not_noted_by_the_next(tmp_path: Path) -> None:
    def fails(writer: JournalWriter) -> None:
        writer.append(new_transaction())
        raise ProblemError(409, "sold_out", "Sold out")

    async with journal_in(tmp_path) as opened:
        first = await opened.append()
        with pytest.raises(ProblemError):
            await opened.journal.write(fails)
        await opened.journal.write(lambda writer: writer.put_identity("HB1", "hall", "Hall"))
    async with journal_in(tmp_path) as opened:
        second = await opened.append()
        head = await opened.journal.read(lambda reader: reader.head())
    assert (first.sequence, second.sequence) == (1, 2)
    assert second.readable().envelope.prev_hash == first.readable().envelope.hash
    assert head == (2, second.readable().envelope.hash)


async def test_a_piece_that_comes_alone_waits_for_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with journal_in(tmp_path) as opened:
        committer = opened.journal._committer
        waits: list[float] = []
        queue = committer._queue

        class Noted:
            """The queue, and how long anybody meant to wait for it."""

            def get(self, timeout: float | None = None) -> object:
                if timeout is not None:
                    waits.append(timeout)
                return queue.get(timeout=timeout)

            def __getattr__(self, name: str) -> object:
                return getattr(queue, name)

        await opened.append()
        monkeypatch.setattr(committer, "_queue", Noted())
        for _ in range(5):
            committer._last_took_s = 3600.0
            await opened.append()
        assert not waits
