"""Opening the journal's file: nothing is changed before it is known to be ours and sound."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from kiosk_agent.adapters.journal import errors
from kiosk_agent.adapters.journal.schema import APPLICATION_ID, SCHEMA_VERSION

_MAGIC: Final = b"SQLite format 3\x00"
_BUSY_TIMEOUT_S: Final = 5.0
LOG_BYTES_KEPT: Final = 8_000_000
"""The write-ahead log is cut to this when it begins anew after it was larger."""
_OWNER_ONLY: Final = 0o600


def prepare_file(path: Path) -> None:
    """Make the file durably if there is none; otherwise check it without changing a byte.

    Raises ProblemError `journal_newer`, `journal_damaged`, `storage_full`.
    """
    try:
        if not path.exists() or path.stat().st_size == 0:
            _create(path)
        else:
            _check(path)
    except sqlite3.Error as error:
        raise errors.problem_of(error) from error
    except OSError as error:
        raise errors.damaged(f"{path}: {error.strerror}.") from error


def connect_writer(path: Path) -> sqlite3.Connection:
    """Return the one connection that writes and checkpoints: WAL, every commit synced."""
    connection = sqlite3.connect(
        path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
        # Only a file that is still empty takes this; another needs to be rewritten as a whole.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        connection.close()
        raise errors.damaged(f"{path} cannot be put into WAL mode; it says {mode!r}.")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES_KEPT}")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Return a connection that can only read. It must be closed before the writer."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    return connection


def _create(path: Path) -> None:
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise errors.damaged(f"{path} is gone or empty, but its {wal.name} holds data.")
    # The file holds buyers' names, so others may not read it; SQLite gives -wal the same mode.
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, _OWNER_ONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _check(path: Path) -> None:
    with path.open("rb") as file:
        header = file.read(72)
    if not header.startswith(_MAGIC):
        raise errors.damaged(f"{path} is not an SQLite file.")
    _judge_version(path, int.from_bytes(header[60:64], "big"))
    with closing(connect_reader(path)) as connection:
        # The write-ahead log may be ahead of the header just read.
        _judge_version(path, connection.execute("PRAGMA user_version").fetchone()[0])
        _judge_application(path, connection)
        findings = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
    if findings != ["ok"]:
        raise errors.damaged(f"{path} fails SQLite's check: {'; '.join(findings)}.")


def _judge_version(path: Path, version: int) -> None:
    if version > SCHEMA_VERSION:
        raise errors.newer(path, version, SCHEMA_VERSION)


def _judge_application(path: Path, connection: sqlite3.Connection) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    # Killed between making the file and its first migration, there are neither id nor tables.
    if application != APPLICATION_ID and (application or tables):
        raise errors.damaged(f"{path} is an SQLite file, but not a kiosk's journal.")
