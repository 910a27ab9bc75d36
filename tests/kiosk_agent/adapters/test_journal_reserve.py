"""On a full disk the reserve is given up for what must be recorded; SQLite itself says full."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk_agent.adapters.journal import store
from kiosk_agent.adapters.journal.errors import is_full
from kiosk_agent.adapters.journal.store import SqliteJournal, open_journal
from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.uploads import ItemOutcome
from tests.support.clock import FakeClock
from tests.support.disk import FakeDisk
from tests.support.journal import KIOSK_ID, new_transaction

_PLENTY = 1_000_000


@dataclass
class _Pages(FakeDisk):
    """A disk that is full as soon as the journal has its pages; the reserve is more of them."""

    writing: list[sqlite3.Connection] = field(default_factory=list)

    def fill(self) -> None:
        pages = self.writing[0].execute("PRAGMA page_count").fetchone()[0]
        self.writing[0].execute(f"PRAGMA max_page_count = {pages}")

    def give_up_reserve(self) -> bool:
        if super().give_up_reserve():
            for writing in self.writing:
                writing.execute(f"PRAGMA max_page_count = {_PLENTY}")
            return True
        return False


@asynccontextmanager
async def _journal(folder: Path, disk: _Pages) -> AsyncIterator[SqliteJournal]:
    path = folder / "journal.db"
    async with open_journal(path, clock=FakeClock(), kiosk_id=KIOSK_ID, room=disk) as journal:
        disk.writing.append(journal._writing)
        yield journal


def _append(writer: JournalWriter) -> int:
    return writer.append(new_transaction(payload={"note": "x" * 3000})).sequence


async def test_what_finds_no_room_is_done_once_more_with_the_reserve(tmp_path: Path) -> None:
    disk = _Pages()
    async with _journal(tmp_path, disk) as journal:
        first = await journal.write(_append)
        disk.fill()
        rest = [await journal.write(_append) for _ in range(9)]
        counts = await journal.read(lambda reader: reader.counts())
    assert [first, *rest] == list(range(1, 11))
    assert counts.last_sequence == 10
    assert disk.given_up == 1


async def test_where_the_log_can_begin_anew_the_reserve_is_kept(tmp_path: Path) -> None:
    disk = _Pages()
    async with _journal(tmp_path, disk) as journal:
        await journal.write(_append)
        watched = _FullOnce(journal._writing)
        journal._committer._connection = watched  # type: ignore[assignment]
        journal._committer._log._writing = watched  # type: ignore[assignment]
        assert await journal.write(_append) == 2
    assert watched.said[-4:] == [
        "COMMIT",
        "ROLLBACK",
        "PRAGMA wal_checkpoint(PASSIVE)",
        "COMMIT",
    ]
    assert disk.held


class _FullOnce:
    """A connection whose first commit finds no room."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.said: list[str] = []

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    @property
    def total_changes(self) -> int:
        return self._connection.total_changes

    def execute(self, sql: str) -> sqlite3.Cursor:
        if sql in {"COMMIT", "ROLLBACK"} or sql.startswith("PRAGMA"):
            self.said.append(sql)
        if sql == "COMMIT" and self.said.count("COMMIT") == 1:
            raise _full()
        return self._connection.execute(sql)


def _full() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.sqlite_errorname = "SQLITE_FULL"
    return error


async def test_while_the_reserve_is_gone_the_log_begins_anew_after_every_commit(
    tmp_path: Path,
) -> None:
    def pages() -> int:
        found: int = disk.writing[0].execute("PRAGMA wal_autocheckpoint").fetchone()[0]
        return found

    disk = _Pages()
    async with _journal(tmp_path, disk) as journal:
        await journal.write(_append)
        assert pages() == 0
        disk.fill()
        while disk.held:
            await journal.write(_append)
        assert pages() == 1
        await journal.write(_append)
        assert pages() == 1
        disk.held = True
        await journal.write(_append)
        assert pages() == 0


@pytest.mark.parametrize(
    ("code", "held", "opens"),
    [
        ("storage_full", True, True),
        ("storage_full", False, False),
        ("journal_damaged", True, False),
    ],
)
async def test_a_disk_that_was_filled_meanwhile_keeps_no_agent_from_starting(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    held: bool,  # noqa: FBT001
    opens: bool,  # noqa: FBT001
) -> None:
    tries: list[Path] = []
    really_open = store._open

    def full_at_first(
        path: Path, kiosk_id: str, prepare: Callable[[Path], None]
    ) -> tuple[sqlite3.Connection, sqlite3.Connection]:
        tries.append(path)
        if len(tries) == 1:
            raise ProblemError(507, code, "no")
        return really_open(path, kiosk_id, prepare)

    monkeypatch.setattr(store, "_open", full_at_first)
    disk = _Pages(held=held)
    if opens:
        async with _journal(tmp_path, disk) as journal:
            assert await journal.write(_append) == 1
    else:
        with pytest.raises(ProblemError):
            async with _journal(tmp_path, disk):
                raise AssertionError("it was opened")
    assert disk.given_up == int(opens)


async def test_a_group_on_a_full_disk_gets_each_answer_once(tmp_path: Path) -> None:
    def refused(_writer: JournalWriter) -> None:
        raise ProblemError(409, "sold_out", "Sold out")

    disk = _Pages()
    async with _journal(tmp_path, disk) as journal:
        await journal.write(_append)
        disk.fill()
        results = await asyncio.gather(
            *(journal.write(_append) for _ in range(12)),
            journal.write(refused),
            return_exceptions=True,
        )
    assert results[:-1] == list(range(2, 14))
    assert isinstance(results[-1], ProblemError)
    assert results[-1].code == "sold_out"
    assert disk.given_up == 1


async def test_without_a_reserve_it_is_refused_and_settling_still_works(tmp_path: Path) -> None:
    disk = _Pages(held=False)
    async with _journal(tmp_path, disk) as journal:
        for _ in range(4):
            await journal.write(_append)
        disk.fill()
        results = await asyncio.gather(
            *(journal.write(_append) for _ in range(4)), return_exceptions=True
        )
        refused = [one for one in results if isinstance(one, ProblemError)]
        outcome = ItemOutcome(txn_id=None, status="settled")
        await journal.write(lambda writer: writer.settle(1, outcome, FakeClock().now()))
        counts = await journal.read(lambda reader: reader.counts())
    assert refused
    assert {one.code for one in refused} == {"storage_full"}
    assert counts.by_state["settled"] == 1  # type: ignore[index]
    assert disk.given_up == 0


async def test_a_refusal_for_want_of_room_that_a_rule_made_takes_no_reserve(
    tmp_path: Path,
) -> None:
    def refused(_writer: JournalWriter) -> None:
        raise ProblemError(507, "storage_full", "The kiosk's disk is nearly full")

    disk = _Pages()
    async with _journal(tmp_path, disk) as journal:
        with pytest.raises(ProblemError, match="nearly full"):
            await journal.write(refused)
    assert disk.held


@pytest.mark.parametrize(
    ("code", "full"),
    [
        (sqlite3.SQLITE_FULL, True),
        (sqlite3.SQLITE_IOERR_SHMSIZE, True),
        (sqlite3.SQLITE_IOERR, False),
        (sqlite3.SQLITE_TOOBIG, False),
        (sqlite3.SQLITE_CORRUPT, False),
    ],
)
def test_only_a_disk_without_room_counts_as_full(code: int, full: bool) -> None:  # noqa: FBT001
    error = sqlite3.OperationalError("disk trouble")
    error.sqlite_errorcode = code
    assert is_full(error) is full


def test_an_error_that_is_not_of_sqlite_is_not_about_room() -> None:
    assert not is_full(ValueError("no"))
