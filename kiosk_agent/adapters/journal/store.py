"""The journal on SQLite: `open_journal` is the way in."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, suppress
from contextvars import copy_context
from pathlib import Path
from time import monotonic
from typing import Final, TypeVar

from sqlite_utils import Database

from kiosk_agent.adapters.journal import errors
from kiosk_agent.adapters.journal.files import (
    connect_reader,
    connect_writer,
    keep_few_pages,
    prepare_file,
)
from kiosk_agent.adapters.journal.giving_way import GivingWay, gave_way
from kiosk_agent.adapters.journal.group_commit import GroupCommitter
from kiosk_agent.adapters.journal.identity import give_identity, settle_on_host
from kiosk_agent.adapters.journal.mark_keeper import MarkKeeper
from kiosk_agent.adapters.journal.reading import SqliteReader
from kiosk_agent.adapters.journal.reads import CatalogueMemory
from kiosk_agent.adapters.journal.schema import migrations
from kiosk_agent.adapters.journal.write_ahead_log import WriteAheadLog
from kiosk_agent.adapters.journal.writing import SqliteWriter
from kiosk_agent.domain.refusals import agent_stopping
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.disk_room import DiskRoom, EndlessRoom
from kiosk_agent.ports.journal import JournalReader, JournalWriter
from kiosk_contracts.problem import ProblemCode, ProblemError

T = TypeVar("T")

_READ_STEPS: Final = 1_000_000
"""Some 50 ms: each look waits for Python's lock, and most reads are over before the first."""
LONG_READ_S: Final = 1.0
"""A read of ours that lasts so long may be ended where the write-ahead log has grown too long."""


class SqliteJournal:
    """The open journal: one thread writes in groups, one thread reads."""

    def __init__(
        self,
        path: Path,
        writing: sqlite3.Connection,
        reading: sqlite3.Connection,
        clock: Clock,
        room: DiskRoom,
    ) -> None:
        self._writing = writing
        self._reading = reading
        self._read_began: float | None = None
        catalogues = CatalogueMemory()
        self._reader = SqliteReader(reading, catalogues)
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._check_thread = ThreadPoolExecutor(1, thread_name_prefix="journal-check")
        writer = SqliteWriter(writing, clock, catalogues)
        self._mark_keeper = MarkKeeper(path, writer)
        self._committer = GroupCommitter(
            writing,
            writer,
            WriteAheadLog(path, writing, self._end_long_read),
            room=room,
            committed=self._mark_keeper.committed,
        )
        self._path = path
        self._giving_way = GivingWay()
        self._long_read = GivingWay(_READ_STEPS)
        self._closing: asyncio.Task[None] | None = None

    async def write(self, work: Callable[[JournalWriter], T]) -> T:
        """Run `work` in one transaction; return its result once that is durable."""
        self._giving_way.interrupt()
        return await self._committer.submit(work)

    async def read(self, work: Callable[[JournalReader], T]) -> T:
        """Run `work` on the reading connection; it sees all that `write` has answered."""
        if self._closing is not None:
            raise agent_stopping()
        loop = asyncio.get_running_loop()
        # What is refused there is refused in the language of whoever asks.
        context = copy_context()
        return await loop.run_in_executor(self._read_thread, context.run, self._read_now, work)

    async def close(self) -> None:
        """Finish what was handed over, checkpoint, close. The reader closes first."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def check(self) -> Sequence[str] | None:
        """Check the whole file on a connection of its own, which never checkpoints."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._check_thread, self._check_now)

    async def rewrite(self) -> bool:
        """VACUUM on the writing thread, between two transactions."""
        return await self._committer.submit_alone(self._rewrite_now)

    def _check_now(self) -> Sequence[str] | None:
        connection = connect_reader(self._path)
        try:
            with closing(connection), self._giving_way.running(connection):
                keep_few_pages(connection)
                found = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
        except sqlite3.Error as error:
            return None if gave_way(error) else [str(error)]
        return [] if found == ["ok"] else found

    def _rewrite_now(self, connection: sqlite3.Connection) -> bool:
        try:
            with self._giving_way.running(connection):
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("VACUUM")
        except sqlite3.Error as error:
            if gave_way(error):
                return False
            raise
        return True

    def _read_now(self, work: Callable[[JournalReader], T]) -> T:
        try:
            self._read_began = monotonic()
            self._reading.execute("BEGIN")
            try:
                with self._long_read.running(self._reading):
                    found = work(self._reader)
                if not self._reading.in_transaction:
                    raise errors.read_too_long()
                return found
            finally:
                self._read_began = None
                self._end_read()
        except sqlite3.Error as error:
            raise errors.problem_of(error) from error

    def _end_read(self) -> None:
        """End the read transaction: left open it would stop checkpoints for ever."""
        try:
            if self._reading.in_transaction:
                self._reading.execute("ROLLBACK")
        except sqlite3.Error:
            # The writing thread may have ended it just now.
            if self._reading.in_transaction:
                raise

    def _end_long_read(self) -> None:
        """End a read that has lasted for long; called by the writing thread.

        What keeps the log from beginning anew may be somebody else's, a backup's for example: then
        ours are not to blame.
        """
        began = self._read_began
        if began is not None and monotonic() - began >= LONG_READ_S:
            # Also a statement that begins only now: to end the transaction waits for it.
            self._long_read.interrupt()
            self._end_read()

    async def _close(self) -> None:
        self._giving_way.interrupt()
        await self._committer.close()
        await asyncio.to_thread(self._close_connections)

    def _close_connections(self) -> None:
        self._giving_way.interrupt()
        self._check_thread.shutdown(wait=True)
        self._read_thread.shutdown(wait=True)
        self._reading.close()
        self._mark_keeper.closing()
        try:
            self._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            # What is not checkpointed stays in the write-ahead log and is read from there.
            raise errors.problem_of(error) from error
        finally:
            self._writing.close()


@asynccontextmanager
async def open_journal(  # noqa: PLR0913  where, whose, on what
    path: Path,
    *,
    clock: Clock,
    kiosk_id: str,
    host_id: str = "",
    room: DiskRoom | None = None,
    prepare: Callable[[Path], None] = prepare_file,
) -> AsyncIterator[SqliteJournal]:
    """Open the kiosk's journal, making or migrating the file as needed; close it at the end.

    On another host than before it begins a new epoch. When the disk is full, the reserve of `room`
    is given up for what is to be written. Raises ProblemError `journal_newer`, `journal_damaged`,
    `journal_of_another_kiosk`, `storage_full`; then the file is as it was. `prepare` checks the
    file or, in place of refusing it, puts a usable one there.
    """
    disk = room or EndlessRoom()

    def opened() -> tuple[sqlite3.Connection, sqlite3.Connection]:
        return _open(path, kiosk_id, prepare)

    writing, reading = await asyncio.to_thread(_with_reserve, opened, disk)
    journal = SqliteJournal(path, writing, reading, clock, disk)
    try:
        await journal.write(lambda writer: settle_on_host(writer, host_id, clock.now()))
        yield journal
    finally:
        await journal.close()


def _with_reserve(opened: Callable[[], T], room: DiskRoom) -> T:
    """Open the file; a disk that was filled while the agent was down must not keep it down."""
    try:
        return opened()
    except ProblemError as error:
        if error.code != ProblemCode.STORAGE_FULL or not room.give_up_reserve():
            raise
        return opened()


def _open(
    path: Path, kiosk_id: str, prepare: Callable[[Path], None]
) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    prepare(path)
    try:
        writing = connect_writer(path)
    except sqlite3.Error as error:
        raise errors.problem_of(error) from error
    try:
        # A kiosk that is unplugged each night must not keep all it knows in the log.
        with suppress(sqlite3.Error):
            writing.execute("PRAGMA wal_checkpoint(PASSIVE)")
        _migrate(writing, path, kiosk_id)
        reading = connect_reader(path)
        keep_few_pages(reading)
    except BaseException as error:
        writing.close()
        if isinstance(error, sqlite3.Error):
            raise errors.problem_of(error) from error
        raise
    return writing, reading


def _migrate(connection: sqlite3.Connection, path: Path, kiosk_id: str) -> None:
    database = Database(connection, execute_plugins=False)
    if migrations.pending(database):
        with database.atomic():
            migrations.apply(database)
            give_identity(connection, kiosk_id)
    owner = connection.execute("SELECT value FROM meta WHERE key = 'kiosk_id'").fetchone()[0]
    if owner != kiosk_id:
        raise errors.of_another_kiosk(path, owner, kiosk_id)
