"""When the write-ahead log is moved into the file, and who waits for it."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.adapters.journal import group_commit, write_ahead_log
from tests.support.journal import OpenJournal, journal_in, new_transaction


class _Heard:
    """A connection that counts how often the log was moved."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.moves = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        cursor = self._connection.execute(sql, *values)
        self.moves += "wal_checkpoint" in sql
        return cursor


def _listen(opened: OpenJournal) -> _Heard:
    heard = _Heard(opened.journal._writing)
    opened.journal._committer._log._writing = heard  # type: ignore[assignment]
    return heard


def _file_size(opened: OpenJournal) -> int:
    return opened.path.stat().st_size


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came true")


async def test_no_commit_moves_the_log_by_itself(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        before = _file_size(opened)
        for _ in range(60):
            await opened.append(payload={"note": "x" * 45_000})
        # SQLite by itself would have moved them after a thousand pages.
        assert (tmp_path / "journal.db-wal").stat().st_size > 1100 * 4096
        assert _file_size(opened) == before


async def test_a_pause_is_used_to_move_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_ahead_log, "WORTHWHILE_CHANGES", 10)
    async with journal_in(tmp_path) as opened:
        heard = _listen(opened)
        before = _file_size(opened)
        await opened.append(payload={"note": "x" * 90_000})
        for _ in range(20):
            await opened.append()
        await _until(lambda: heard.moves >= 1)
        assert _file_size(opened) > before


async def test_without_a_pause_it_is_moved_when_it_has_grown_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "_PAUSE_S", 60.0)
    monkeypatch.setattr(write_ahead_log, "LONG_LOG_BYTES", 200_000)
    async with journal_in(tmp_path) as opened:
        heard = _listen(opened)
        log = tmp_path / "journal.db-wal"
        for _ in range(100):
            await opened.append(payload={"note": "x" * 9000})
        # The last may have its answer and not yet its move.
        await _until(lambda: heard.moves > 50)
        assert log.stat().st_size < 400_000


async def test_whoever_asked_has_the_answer_before_it_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with journal_in(tmp_path) as opened:
        # Once this is answered, nothing of what opening wrote is still to be bounded.
        await opened.journal._committer.submit_alone(lambda _: None)
        log = opened.journal._committer._log
        answered, moving = asyncio.Event(), log._move
        loop = asyncio.get_running_loop()
        waited: list[bool] = []

        def move() -> bool:
            # Were the answer told only afterwards, this would wait in vain.
            waited.append(asyncio.run_coroutine_threadsafe(_wait(answered), loop).result(20))
            return moving()

        monkeypatch.setattr(log, "_move", move)
        monkeypatch.setattr(write_ahead_log, "LONG_LOG_BYTES", 0)
        await opened.append()
        answered.set()
        await opened.append()
        await _until(lambda: len(waited) == 2)
    assert waited == [True, True]


async def _wait(event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(10):
            return await event.wait()
    except TimeoutError:
        return False


async def test_what_an_earlier_run_left_in_it_is_moved_when_the_file_is_opened(
    tmp_path: Path,
) -> None:
    here = tmp_path / "0"
    here.mkdir()
    for life in range(1, 5):
        async with journal_in(here) as opened:
            assert _transactions_in_the_file_alone(here) == life - 1
            await opened.append(payload={"note": "x" * 9000})
            # A kiosk that is unplugged closes nothing: it goes on with what is on its disk.
            here = await asyncio.to_thread(shutil.copytree, here, tmp_path / str(life))


def _transactions_in_the_file_alone(folder: Path) -> int:
    uri = f"file:{folder / 'journal.db'}?immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as without_log:
        if not without_log.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            return 0
        found: int = without_log.execute("SELECT count(*) FROM transactions").fetchone()[0]
        return found


@pytest.mark.parametrize("where", ["after a commit", "in a pause", "alone"])
async def test_one_that_can_not_be_moved_costs_nobody_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(write_ahead_log, "WORTHWHILE_CHANGES", 1)
    if where == "after a commit":
        monkeypatch.setattr(write_ahead_log, "LONG_LOG_BYTES", 0)
    async with journal_in(tmp_path) as opened:
        log, failed = opened.journal._committer._log, 0

        def fail() -> bool:
            nonlocal failed
            failed += 1
            raise sqlite3.OperationalError("disk I/O error")

        monkeypatch.setattr(log, "_move", fail)
        await opened.append()
        if where == "alone":
            await opened.journal._committer.submit_alone(lambda _: None)
        await _until(lambda: failed > 0)
        async with asyncio.timeout(20):
            assert (await opened.append()).sequence == 2
        monkeypatch.undo()


async def test_pages_that_are_given_back_count_as_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_ahead_log, "WORTHWHILE_CHANGES", 100)
    async with journal_in(tmp_path) as opened:
        for _ in range(50):
            await opened.append(payload={"note": "x" * 90_000})
        await opened.journal.write(lambda _: _forget_all(opened.journal._writing))
        await opened.journal._committer.submit_alone(lambda _: None)
        large = _file_size(opened)
        free = await opened.journal.write(lambda writer: writer.shrink(0))
        assert await opened.journal.write(lambda writer: writer.shrink(64)) == free - 64
        assert await opened.journal.write(lambda writer: writer.shrink(10_000)) == 0
        await _until(lambda: _file_size(opened) < large / 10)


def _forget_all(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM transactions")


async def test_a_commit_that_changed_nothing_counts_for_nothing(tmp_path: Path) -> None:
    async with journal_in(tmp_path) as opened:
        log = opened.journal._committer._log
        await opened.journal.write(lambda writer: writer.append(new_transaction()))
        before = log._changes
        await opened.journal.write(lambda writer: writer.unshrinkable_bytes())
        assert log._changes == before > 0
