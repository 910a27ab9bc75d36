"""Opening the journal's file: nothing is changed before it is known to be ours and sound."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from kiosk_agent.adapters.durable import sync_directory
from kiosk_agent.adapters.journal import errors
from kiosk_agent.adapters.journal.mark import Mark, MarkFile
from kiosk_agent.adapters.journal.schema import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    columns_by_table,
    migrations,
)
from kiosk_agent.adapters.journal.soundness import contradictions

_MAGIC: Final = b"SQLite format 3\x00"
_BUSY_TIMEOUT_S: Final = 5.0
_READER_CACHE_KIB: Final = 512
_WRITER_CACHE_KIB: Final = 1024
"""A quarter and a half of SQLite's own: pages are in the system's cache, and memory is scarce."""
LOG_BYTES_KEPT: Final = 8_000_000
"""The write-ahead log is cut to this when it begins anew after it was larger."""
_OWNER_ONLY: Final = 0o600
_OURS: Final = {migration.name for migration in migrations._migrations}  # noqa: SLF001  the set has no public list
_PLAUSIBLE_STEP: Final = 100
"""No release is so many schema versions ahead; what says so is damaged."""


def wal_of(path: Path) -> Path:
    """Return where SQLite keeps a file's write-ahead log."""
    return path.with_name(path.name + "-wal")


def prepare_file(path: Path) -> None:
    """Make the file if there never was one; otherwise check it without changing a byte.

    Raises JournalDamagedError for what can be set aside and salvaged, and ProblemError
    `journal_newer`, `journal_damaged`, `storage_full` for what must stay as it is.
    """
    marks = MarkFile(path)
    try:
        if path.exists() and path.stat().st_size:
            _check(path, marks.read())
        elif marks.exists():
            raise _gone(path)
        else:
            create_file(path)
    except sqlite3.Error as error:
        raise errors.problem_of(error) from error
    except OSError as error:
        raise errors.out_of_reach(f"{path}: {error.strerror}.") from error


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
        raise errors.damaged(f"{path.name} cannot be put into WAL mode; it says {mode!r}.")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES_KEPT}")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def connect_filler(path: Path) -> sqlite3.Connection:
    """Return a connection that fills an empty file, which a kill or an error makes worthless.

    Nothing is written twice, nor synced, so that it needs no more room than the file will have.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    for pragma in ("auto_vacuum = INCREMENTAL", "journal_mode = MEMORY", "synchronous = OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
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


def keep_few_pages(connection: sqlite3.Connection) -> None:
    """Bound the pages that a reading connection keeps; this reads the schema, sound or not."""
    connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")


def create_file(path: Path) -> None:
    """Make an empty file, durably, unless a write-ahead log says that there was one."""
    wal = wal_of(path)
    if wal.exists() and wal.stat().st_size:
        raise errors.lost(f"{path.name} is gone or empty, but its {wal.name} holds data.")
    # Until a file is in WAL mode it has a rollback journal, which only a writer may roll back. So
    # it is made under another name: what stands at `path` can always be read before it is written.
    new = path.with_name(path.name + ".new")
    for left in path.parent.glob(f"{new.name}*"):
        left.unlink()
    # The file holds buyers' names, so others may not read it; SQLite gives -wal the same mode.
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, _OWNER_ONLY))
    # SQLite syncs the file here. The name is ours to sync: after a salvage, what the file replaces
    # is moved away next.
    connect_writer(new).close()
    new.replace(path)
    sync_directory(path.parent)


def _gone(path: Path) -> errors.JournalDamagedError:
    if path.exists():
        return errors.damaged(f"{path.name} is empty.")
    return errors.lost(f"{path.name} is gone.")


def _check(path: Path, mark: Mark | None) -> None:
    with path.open("rb") as file:
        header = file.read(72)
    if not header.startswith(_MAGIC):
        raise errors.damaged(f"{path.name} is not an SQLite file.")
    with closing(connect_reader(path)) as connection:
        findings = _look_into(path, connection, mark)
    if findings:
        raise errors.damaged(f"{path.name} fails its check: {'; '.join(findings)}.")


def _look_into(path: Path, connection: sqlite3.Connection, mark: Mark | None) -> list[str]:
    """Return what is wrong with the file; what can't even be asked for counts as that."""
    try:
        keep_few_pages(connection)
        # The write-ahead log may be ahead of the header.
        _judge_version(path, connection)
        _judge_application(path, connection)
        findings = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
        return _judge_content(connection, mark) if findings == ["ok"] else findings
    except (UnicodeDecodeError, IndexError) as error:
        return [f"its texts are unreadable: {error}"]
    except sqlite3.OperationalError as error:
        # Python itself finds texts that are not UTF-8, and gives no code with that.
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) != sqlite3.SQLITE_ERROR:
            raise
        # All that is asked for is in every journal, so that the file is to blame.
        return [f"SQLite says: {error}"]


def _judge_version(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse what a newer agent has migrated; its version alone may be damaged."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    applied = _applied_migrations(connection)
    if applied is None or version > SCHEMA_VERSION + _PLAUSIBLE_STEP:
        fits = version <= SCHEMA_VERSION
    elif version > SCHEMA_VERSION:
        if applied - _OURS:
            raise errors.newer(path, version, SCHEMA_VERSION)
        fits = False
    else:
        fits = applied <= _OURS and (version < SCHEMA_VERSION or applied == _OURS)
    if not fits:
        raise errors.damaged(
            f"{path.name} says version {version}, but what it holds is not of that."
        )


def _applied_migrations(connection: sqlite3.Connection) -> set[str] | None:
    """Return the names of all migrations that the file had; None if that can't be read."""
    try:
        sql = "SELECT CAST(name AS BLOB) FROM _sqlite_migrations"
        rows = connection.execute(sql).fetchall()
    except sqlite3.Error:
        return None
    # Bytes, since a damaged name need not be a text any more; it is none of ours then.
    return {(row[0] or b"").decode("utf-8", "replace") for row in rows}


def _judge_application(path: Path, connection: sqlite3.Connection) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    # Killed between making the file and its first migration, there are neither id nor tables.
    if application != APPLICATION_ID and (application or tables):
        raise errors.damaged(f"{path.name} is an SQLite file, but not a kiosk's journal.")


def _judge_content(connection: sqlite3.Connection, mark: Mark | None) -> list[str]:
    """Return what contradicts itself; a file without tables was killed before its first ones."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'meta'").fetchone():
        return [] if mark is None else ["it has no tables any more"]
    if connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
        for table, columns in columns_by_table().items():
            found = {row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')}
            if not columns <= found:
                return [f"the definition of {table} is damaged"]
    return list(contradictions(connection, mark))
