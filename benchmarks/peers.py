"""Other durable queues in one file, each forced to sync every commit as the journal does."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

from huey.storage import SqliteStorage
from litequeue import LiteQueue
from persistqueue import SQLiteAckQueue

from benchmarks.bare_sqlite import make_durable

Put = Callable[[bytes], Any]


@contextmanager
def persist_queue(folder: Path) -> Iterator[Put]:
    """Open persist-queue's SQLiteAckQueue; put returns when the item is durable."""
    queue = SQLiteAckQueue(str(folder), multithreading=True)
    # It has no setting for durability, only this connection that puts.
    make_durable(cast("sqlite3.Connection", queue._putter))  # noqa: SLF001
    with closing(queue):
        yield queue.put


@contextmanager
def litequeue(folder: Path) -> Iterator[Put]:
    """Open a litequeue; its own default, synchronous=NORMAL, loses acknowledged items."""
    queue = LiteQueue(folder / "litequeue.db")
    make_durable(queue.conn)
    with closing(queue.conn):
        yield lambda body: queue.put(body.decode())


@contextmanager
def huey(folder: Path) -> Iterator[Put]:
    """Open huey's SqliteStorage with `fsync`."""
    storage = SqliteStorage(filename=str(folder / "huey.db"), fsync=True)
    make_durable(storage.conn)
    with closing(storage):
        yield storage.enqueue
