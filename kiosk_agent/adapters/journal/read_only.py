"""The journal for a command line while no agent runs: it reads, and can do nothing else."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import NoReturn, TypeVar

from sqlite_utils import Database

from kiosk_agent.adapters.journal import errors
from kiosk_agent.adapters.journal.files import connect_reader, prepare_file
from kiosk_agent.adapters.journal.reading import SqliteReader
from kiosk_agent.adapters.journal.schema import SCHEMA_VERSION, migrations
from kiosk_agent.ports.journal import JournalReader, JournalWriter

T = TypeVar("T")


class ReadOnlyJournal:
    """A Journal that refuses to write. Hold the agent's lock while it is open."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self._connection = connection
        self._folder = folder

    async def read(self, work: Callable[[JournalReader], T]) -> T:
        """Run `work`; nothing else goes on in this process, so it may block."""
        try:
            return work(SqliteReader(self._connection, folder=self._folder))
        except sqlite3.Error as error:
            raise errors.problem_of(error) from error

    async def write(self, work: Callable[[JournalWriter], T]) -> NoReturn:
        """Refuse: only a running agent writes."""
        raise RuntimeError(f"{work!r} would write to a journal that was opened to be read")

    async def close(self) -> None:
        """Close the connection; a read-only one never checkpoints."""
        self._connection.close()


@asynccontextmanager
async def open_read_only(path: Path) -> AsyncIterator[ReadOnlyJournal]:
    """Open an existing journal. Raises ProblemError as `open_journal` does; no byte changes.

    A file that an older agent wrote is read as it will be once it is migrated.
    """
    await asyncio.to_thread(prepare_file, path)
    newest = await asyncio.to_thread(_as_the_newest, connect_reader(path))
    journal = ReadOnlyJournal(newest, path.parent)
    try:
        yield journal
    finally:
        await journal.close()


def _as_the_newest(connection: sqlite3.Connection) -> sqlite3.Connection:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if not 0 < version < SCHEMA_VERSION:
        return connection
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    copy.row_factory = sqlite3.Row
    with closing(connection):
        connection.backup(copy)
    migrations.apply(Database(copy, execute_plugins=False))
    return copy
