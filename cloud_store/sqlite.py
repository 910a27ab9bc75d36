"""The store on SQLite: one table, one writing connection, group commit.

Callers that wait at the same time share one durable commit; each keeps its own savepoint, so that
one caller's failed condition takes nothing from the others. Layout: docs/ticket-api-store.md.
"""

import asyncio
import fcntl
import json
import os
import queue
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import structlog

from cloud_store import places
from cloud_store.port import (
    Absent,
    Check,
    Condition,
    ConditionFailedError,
    Delete,
    Item,
    Key,
    Put,
    StoreError,
    VersionIs,
    Write,
    check_commit,
)

TICKET_API: Final = places.TICKET_API.application_id
FLEET_SERVICE: Final = places.FLEET_SERVICE.application_id
SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS items (
  kind TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL,
  version INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (kind, pk, sk)
) WITHOUT ROWID
"""
_GROUP: Final = 64
"""Callers that share one commit, at most."""
_CHECKPOINT_BYTES: Final = 4 * 1024 * 1024
_SELECT: Final = """
SELECT kind, pk, sk, version, body FROM (VALUES @rows) CROSS JOIN items
ON (kind, pk, sk) = (column1, column2, column3)
"""
"""Rows of kind, pk, sk."""
_INSERT: Final = """
INSERT OR IGNORE INTO items (kind, pk, sk, version, body)
SELECT column1, column2, column3, 1, column4 FROM (VALUES @rows)
"""
"""Rows of kind, pk, sk, body."""
_UPDATE: Final = """
UPDATE items SET version = version + 1, body = column5 FROM (VALUES @rows)
WHERE (kind, pk, sk, version) = (column1, column2, column3, column4)
"""
"""Rows of kind, pk, sk, version as read, body."""
_DELETE: Final = "DELETE FROM items WHERE kind = ? AND pk = ? AND sk = ? AND version = ?"
_ROWS: Final = 1000
"""Keys that one statement reads, at most."""
_BUSY_TIMEOUT_S: Final = 10.0

_log = structlog.get_logger(__name__)
_Answer = TypeVar("_Answer")
_Value = TypeVar("_Value")


class _Asked:
    """One caller's writes, and where its answer goes."""

    def __init__(self, writes: Sequence[Write]) -> None:
        # As text already, so that a body that is not JSON fails its own caller alone.
        self.writes = [(write, _text(write)) for write in writes]
        self.loop = asyncio.get_running_loop()
        self.done: asyncio.Future[None] = self.loop.create_future()
        self.failed: StoreError | ConditionFailedError | None = None


class SqliteStore:
    """The Store port on one SQLite file. Make one with `open_sqlite`."""

    def __init__(self, path: Path, application_id: int) -> None:
        self._application_id = application_id
        self._wal = Path(f"{path}-wal")
        self._lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._writer = self._open_writer(path)
        except BaseException:
            os.close(self._lock)
            raise
        self._reader = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
        self._reads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store-reader")
        self._queue: queue.SimpleQueue[_Asked | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._write_until_closed, name="store-writer")
        self._thread.start()

    async def get(self, key: Key) -> Item | None:
        """Return the item at `key`, or None."""
        return (await self.get_many([key]))[0]

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        """Return the items at `keys`, in their order."""
        asked = list(keys)
        return await self._read(lambda: self._select(asked))

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        """Return up to `limit` items of a partition above `after`, by sort key."""
        return await self._read(lambda: self._select_partition(kind, pk, after, limit))

    async def commit(self, writes: Sequence[Write]) -> None:
        """Do all of `writes`, durably, or none."""
        check_commit(writes)
        if self._closed:
            raise StoreError("the store is closed")
        asked = _Asked(list(writes))
        self._queue.put(asked)
        # A caller that goes away cancels no write: others share its transaction.
        await asked.done

    def close(self) -> None:
        """Finish what was asked for, and close the file. Blocks."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._fail_what_is_left()
        self._reads.shutdown()
        self._reader.close()
        with self._locked():
            self._writer.close()
        os.close(self._lock)

    def _fail_what_is_left(self) -> None:
        left: list[_Asked] = []
        while not self._queue.empty():
            asked = self._queue.get()
            if asked is not None:
                asked.failed = StoreError("the store was closed before it was written")
                left.append(asked)
        _tell_all(left)

    def _open_writer(self, path: Path) -> sqlite3.Connection:
        with self._locked():
            # Made here, for its owner alone: SQLite would let everybody read it. What SQLite puts
            # beside it has the file's mode.
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=_BUSY_TIMEOUT_S
            )
            try:
                _prepare(connection, path, self._application_id)
            except BaseException:
                connection.close()
                raise
        return connection

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from writing or checkpointing (the WAL-reset bug)."""
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    async def _read(self, select: Callable[[], _Answer]) -> _Answer:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reads, select)
        except sqlite3.Error as error:
            raise StoreError(f"the store could not be read: {error}") from error

    def _select(self, keys: Sequence[Key]) -> list[Item | None]:
        found: dict[Key, Item] = {}
        for start in range(0, len(keys), _ROWS):
            rows = self._reader.execute(*_for(_SELECT, keys[start : start + _ROWS])).fetchall()
            for kind, pk, sk, version, text in rows:
                key = Key(kind, pk, sk)
                found[key] = Item(key, version, json.loads(text))
        return [found.get(key) for key in keys]

    def _select_partition(self, kind: str, pk: str, after: str, limit: int) -> list[Item]:
        rows = self._reader.execute(
            "SELECT sk, version, body FROM items WHERE kind = ? AND pk = ? AND sk > ?"
            " ORDER BY sk LIMIT ?",
            (kind, pk, after, limit),
        ).fetchall()
        keys = [Key(kind, pk, sk) for sk, _, _ in rows]
        return [
            Item(key, version, json.loads(text))
            for key, (_, version, text) in zip(keys, rows, strict=True)
        ]

    def _write_until_closed(self) -> None:
        closing = False
        while not closing and (asked := self._queue.get()) is not None:
            group = [asked]
            while len(group) < _GROUP and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    closing = True
                    break
                group.append(more)
            self._write_group(group)

    def _write_group(self, group: Sequence[_Asked]) -> None:
        try:
            with self._locked():
                self._commit_group(group)
        except Exception as error:  # noqa: BLE001  a caller must not wait for ever, whatever it is
            for asked in group:
                asked.failed = StoreError(f"the store could not be written: {error}")
            _tell_all(group)
            return
        _tell_all(group)
        self._checkpoint_if_due()

    def _commit_group(self, group: Sequence[_Asked]) -> None:
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            for asked in group:
                self._write_one(asked, alone=len(group) == 1)
            if self._writer.in_transaction:
                self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise

    def _write_one(self, asked: _Asked, *, alone: bool) -> None:
        """Write what one caller asked for; `alone`: nobody else's is in this transaction.

        Then that is savepoint enough: a statement less is milliseconds less (see `_written`).
        """
        if not alone:
            self._writer.execute("SAVEPOINT caller")
        if not self._written(asked.writes):
            self._writer.execute("ROLLBACK" if alone else "ROLLBACK TO caller")
            asked.failed = ConditionFailedError(self._failing(asked.writes))
        if not alone:
            self._writer.execute("RELEASE caller")

    def _written(self, writes: Sequence[tuple[Write, str]]) -> bool:
        """Write all, each as its condition says; return whether all of them held.

        One statement for all that are made, one for all that are changed: between two statements
        this thread gives Python away, and waits milliseconds to get it back from a busy loop.
        """
        made: list[tuple[str, ...]] = []
        changed: list[tuple[str | int, ...]] = []
        removed: list[tuple[str | int, ...]] = []
        for write, text in writes:
            match write:
                case Put(key=key, condition=VersionIs(version=version)):
                    changed.append((*key, version, text))
                case Put(key=key):
                    made.append((*key, text))
                case Delete(key=key, condition=condition):
                    removed.append((*key, condition.version))
                case Check(key=key, condition=condition):
                    # Before all that is written, and of no key that is: as one moment's view.
                    if not self._holds(key, condition):
                        return False
        together = all(
            self._writer.execute(*_for(statement, rows)).rowcount == len(rows)
            for statement, rows in ((_INSERT, made), (_UPDATE, changed))
            if rows
        )
        if together and removed:
            return self._writer.executemany(_DELETE, removed).rowcount == len(removed)
        return together

    def _failing(self, writes: Sequence[tuple[Write, str]]) -> Key:
        """Return the first key whose condition does not hold."""
        for write, _ in writes:
            if not self._holds(write.key, write.condition):
                return write.key
        raise StoreError("the store refused a write whose condition holds")

    def _holds(self, key: Key, condition: Condition) -> bool:
        row = self._writer.execute(
            "SELECT version FROM items WHERE kind = ? AND pk = ? AND sk = ?", key
        ).fetchone()
        wanted = None if isinstance(condition, Absent) else (condition.version,)
        return bool(row == wanted)

    def _checkpoint_if_due(self) -> None:
        """Fold the log back once it is long. Nothing is lost if that fails: it stays in the log."""
        try:
            if self._wal.stat().st_size > _CHECKPOINT_BYTES:
                with self._locked():
                    self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except (sqlite3.Error, OSError) as error:
            _log.warning("checkpoint_failed", error=str(error))


@asynccontextmanager
async def open_sqlite(path: Path, application_id: int) -> AsyncIterator[SqliteStore]:
    """Open the program's store at `path`, making it if it is not there.

    Raises StoreError for a file that is not a store, is damaged, or is of a newer version.
    """
    try:
        store = await asyncio.to_thread(SqliteStore, path, application_id)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"the store {path} could not be opened: {error}") from error
    try:
        yield store
    finally:
        await asyncio.to_thread(store.close)


def _prepare(connection: sqlite3.Connection, path: Path, application_id: int) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA_VERSION:
        raise StoreError(f"{path} is of version {version}; this program reads {SCHEMA_VERSION}")
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != application_id:
        raise StoreError(f"{path} is another program's file")
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise StoreError(f"{path} is damaged: {verdict}; put back the last good copy")
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute("PRAGMA synchronous = FULL")
    # Checkpoints happen under the lock only, never by themselves.
    connection.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
    connection.execute(f"PRAGMA application_id = {application_id}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute(_SCHEMA)


def _for(statement: str, rows: Sequence[Sequence[_Value]]) -> tuple[str, list[_Value]]:
    """Return a statement for so many rows, and its parameters."""
    row = f"({','.join('?' * len(rows[0]))})"
    marked = statement.replace("@rows", ",".join([row] * len(rows)))
    return marked, [value for row in rows for value in row]


def _text(write: Write) -> str:
    match write:
        case Put(body=body):
            return json.dumps(body, separators=(",", ":"), allow_nan=False)
        case Delete() | Check():
            return ""


def _tell_all(group: Sequence[_Asked]) -> None:
    """Tell callers what came of it, all of a loop at once: it is woken once, not for each."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Asked]] = {}
    for asked in group:
        by_loop.setdefault(asked.loop, []).append(asked)
    for loop, some in by_loop.items():
        # A loop that is closed has nobody who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, some)


def _settle(some: Sequence[_Asked]) -> None:
    for asked in some:
        if asked.done.done():
            continue
        if asked.failed is None:
            asked.done.set_result(None)
        else:
            asked.done.set_exception(asked.failed)
