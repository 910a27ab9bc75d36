"""SQLite without anything of ours, as durable as the journal: one commit, one fsync."""

import sqlite3
from pathlib import Path
from typing import Final

_FULL: Final = 2


class NotDurableError(Exception):
    """A baseline that syncs less than the journal does would be no baseline."""


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection in WAL mode with synchronous=FULL, in autocommit."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    make_durable(connection)
    return connection


def make_durable(connection: sqlite3.Connection) -> None:
    """Force synchronous=FULL; raise NotDurableError if WAL and FULL are not in force after it."""
    connection.execute("PRAGMA synchronous = FULL")
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if (mode, synchronous) != ("wal", _FULL):
        raise NotDurableError(f"journal_mode is {mode}, synchronous is {synchronous}")
