"""Long work on the file gives way to whoever writes, and no reader makes the log grow for ever."""

import asyncio
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from kiosk_agent.adapters.journal import giving_way, store, write_ahead_log
from kiosk_agent.adapters.journal.files import LOG_BYTES_KEPT
from kiosk_agent.adapters.journal.giving_way import GivingWay
from kiosk_agent.ports.journal import JournalReader, JournalWriter
from kiosk_contracts.problem import ProblemError
from tests.support.journal import OpenJournal, journal_in, new_transaction

RECORDED = Path(__file__).resolve().parents[2] / "recorded_state" / "schema-1"


class _Seen(GivingWay):
    """Says when long work has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.traced = False
        """Say so only once SQLite runs the statement."""

    @contextmanager
    def running(self, connection: sqlite3.Connection) -> Iterator[None]:
        with super().running(connection):
            if self.traced:
                connection.set_trace_callback(lambda _sql: self.begun.set())
            else:
                self.begun.set()
            yield


def _watch(opened: OpenJournal) -> _Seen:
    seen = _Seen()
    opened.journal._giving_way = seen
    return seen


async def _grow(opened: OpenJournal, rows: int = 3000) -> None:
    def work(writer: JournalWriter) -> None:
        for _ in range(rows):
            writer.append(new_transaction(payload={"note": "x" * 5000}))

    await opened.journal.write(work)
    opened.journal._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _note(writer: JournalWriter) -> int:
    return writer.append(new_transaction()).sequence


async def test_a_sound_file_has_no_findings(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await opened.append()
        assert await opened.journal.check() == []


async def test_damage_in_an_open_file_is_found_and_selling_goes_on(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await _grow(opened, rows=200)
        descriptor = os.open(opened.path, os.O_WRONLY)
        os.pwrite(descriptor, bytes(range(256)) * 64, 4096 * 60)
        os.close(descriptor)
        assert await opened.journal.check()
        assert await opened.journal.write(_note) == 201


async def test_a_check_ends_as_soon_as_somebody_writes(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await _grow(opened)
        seen = _watch(opened)
        checking = asyncio.create_task(opened.journal.check())
        await asyncio.to_thread(seen.begun.wait)
        sequence = await opened.journal.write(_note)
        assert await checking is None
        assert sequence == 3001
        assert await opened.journal.check() == [], "it can be begun again"


async def test_a_check_of_one_large_table_ends_in_the_middle_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite looks at nothing else while it checks one table: the interrupt alone must reach it.
    monkeypatch.setattr(giving_way, "_STEPS", 1 << 30)
    async with journal_in(tmp_path) as opened:
        for _ in range(6):
            # On a busy machine a check may end before the write begins; a larger one takes longer.
            await _grow(opened)
            seen = _watch(opened)
            seen.traced = True
            checking = asyncio.create_task(opened.journal.check())
            await asyncio.to_thread(seen.begun.wait)
            await opened.journal.write(_note)
            if await checking is None:
                return
    pytest.fail("no check was ended")


async def test_a_close_waits_for_no_check(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await _grow(opened)
        seen = _watch(opened)
        checking = asyncio.create_task(opened.journal.check())
        await asyncio.to_thread(seen.begun.wait)
    assert await checking is None
    assert _files(tmp_path) == ["journal.db", "journal.mark"], "the writer closed last"


async def test_an_old_file_is_rewritten_once_so_that_it_can_shrink(tmp_path: Path) -> None:
    for file in RECORDED.glob("journal.db*"):
        shutil.copy(file, tmp_path / file.name)
    async with journal_in(tmp_path) as opened:
        before = await opened.journal.read(lambda reader: reader.rows_page(before=None, limit=999))
        assert await opened.journal.write(lambda writer: writer.unshrinkable_bytes()) > 100_000
        assert await opened.journal.rewrite() is True
        assert await opened.journal.write(lambda writer: writer.unshrinkable_bytes()) == 0
        after = await opened.journal.read(lambda reader: reader.rows_page(before=None, limit=999))
        assert await opened.journal.check() == []
    assert after == before


async def test_a_new_file_can_shrink_from_the_start(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        assert await opened.journal.write(lambda writer: writer.unshrinkable_bytes()) == 0


async def test_a_rewrite_ends_as_soon_as_somebody_writes_and_changes_nothing(
    tmp_path: Path,
) -> None:
    async with journal_in(tmp_path) as opened:
        await _grow(opened)
        seen = _watch(opened)
        rewriting = asyncio.create_task(opened.journal.rewrite())
        await asyncio.to_thread(seen.begun.wait)
        sequences = await asyncio.gather(*(opened.journal.write(_note) for _ in range(3)))
        assert await rewriting is False
        assert sequences == [3001, 3002, 3003]
        assert await opened.journal.check() == []


async def test_a_rewrite_stands_between_two_transactions(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        results = await asyncio.gather(
            opened.journal.write(_note),
            opened.journal.rewrite(),
            opened.journal.write(_note),
        )
    assert [results[0], results[2]] == [1, 2]


async def test_a_rewrite_on_a_full_disk_is_refused_and_the_journal_works(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        await _grow(opened, rows=50)

        opened.journal._rewrite_now = _refuse  # type: ignore[method-assign]
        with pytest.raises(ProblemError, match="disk is full"):
            await opened.journal.rewrite()
        assert await opened.journal.write(_note) == 51


def _refuse(_connection: sqlite3.Connection) -> bool:
    raise _full()


def _full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.sqlite_errorname = "SQLITE_FULL"
    return error


async def test_a_log_that_was_large_is_cut_when_it_begins_anew(tmp_path: Path) -> None:
    def large(writer: JournalWriter) -> None:
        for _ in range(2500):
            writer.append(new_transaction(payload={"note": "x" * 5000}))

    log = tmp_path / "journal.db-wal"
    async with journal_in(tmp_path) as opened:
        await opened.journal.write(large)
        assert log.stat().st_size > 12_000_000
        for _ in range(2):
            await opened.append()
        assert log.stat().st_size <= LOG_BYTES_KEPT


@pytest.mark.parametrize("bounded", [True, False])
async def test_a_long_reader_is_ended_before_the_log_grows_without_bound(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bounded: bool,  # noqa: FBT001
) -> None:
    limit = 1_000_000 if bounded else 1 << 40
    monkeypatch.setattr(write_ahead_log, "LONG_LOG_BYTES", limit)
    monkeypatch.setattr(write_ahead_log, "LONGEST_LOG_BYTES", limit)
    monkeypatch.setattr(store, "LONG_READ_S", 0)
    reading, go_on = threading.Event(), threading.Event()

    def long(reader: JournalReader) -> int:
        first = reader.counts().last_sequence
        reading.set()
        go_on.wait()
        return first

    largest = 0
    async with journal_in(tmp_path) as opened:
        read = asyncio.create_task(opened.journal.read(long))
        await asyncio.to_thread(reading.wait)
        for _ in range(400):
            await opened.append(payload={"note": "x" * 9000})
            largest = max(largest, (tmp_path / "journal.db-wal").stat().st_size)
        go_on.set()
        (found,) = await asyncio.gather(read, return_exceptions=True)
        again = await opened.journal.read(lambda reader: reader.counts().last_sequence)
    assert again == 400
    if bounded:
        assert largest < 1_200_000
        assert isinstance(found, ProblemError)
        assert (found.code, found.problem.retryable) == ("journal_locked", True)
    else:
        assert largest > 5_000_000, "the control: nothing but the bound keeps it small"
        assert found == 0


async def test_somebody_elses_long_read_ends_none_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead_log, "LONG_LOG_BYTES", 100_000)
    monkeypatch.setattr(write_ahead_log, "LONGEST_LOG_BYTES", 200_000)
    async with journal_in(tmp_path) as opened:
        with closing(sqlite3.connect(opened.path, isolation_level=None)) as backup:
            backup.execute("BEGIN")
            backup.execute("SELECT count(*) FROM meta").fetchone()
            for number in range(200):
                reading = asyncio.create_task(
                    opened.journal.read(lambda reader: reader.counts().last_sequence)
                )
                await opened.append(payload={"note": "x" * 9000})
                assert await reading in {number, number + 1}
            assert (tmp_path / "journal.db-wal").stat().st_size > 200_000
            backup.execute("ROLLBACK")


async def test_a_long_statement_that_begins_as_it_is_interrupted_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead_log, "LONG_LOG_BYTES", 0)
    monkeypatch.setattr(write_ahead_log, "LONGEST_LOG_BYTES", 0)
    monkeypatch.setattr(store, "LONG_READ_S", 0)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    begun, interrupted = threading.Event(), threading.Event()

    def long(reader: JournalReader) -> None:
        reader.counts()
        begun.set()
        interrupted.wait()
        opened.journal._reading.execute(endless).fetchone()

    async with journal_in(tmp_path) as opened:
        end_read = opened.journal._end_read

        def end_late() -> None:
            interrupted.set()
            time.sleep(0.2)
            end_read()

        monkeypatch.setattr(opened.journal, "_end_read", end_late)
        reading = asyncio.create_task(opened.journal.read(long))
        await asyncio.to_thread(begun.wait)
        await opened.append()
        with pytest.raises(ProblemError) as ended:
            await reading
        assert ended.value.problem.retryable
        await opened.append()
        assert await opened.journal.read(lambda reader: reader.counts().last_sequence) == 2


async def test_a_long_statement_is_interrupted_so_that_nobody_who_writes_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead_log, "LONG_LOG_BYTES", 0)
    monkeypatch.setattr(write_ahead_log, "LONGEST_LOG_BYTES", 0)
    monkeypatch.setattr(store, "LONG_READ_S", 0)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    begun = threading.Event()

    def long(reader: JournalReader) -> None:
        reader.counts()
        begun.set()
        opened.journal._reading.execute(endless).fetchone()

    async with journal_in(tmp_path) as opened:
        reading = asyncio.create_task(opened.journal.read(long))
        await asyncio.to_thread(begun.wait)
        for _ in range(3):
            await opened.append()
        with pytest.raises(ProblemError) as ended:
            await reading
        assert ended.value.problem.retryable
        assert await opened.journal.read(lambda reader: reader.counts().last_sequence) == 3
