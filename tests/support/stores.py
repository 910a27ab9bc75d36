"""The store's adapters, opened by name, for the suite that holds each of them to the port."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from cloud_store.port import Absent, Key, Put, Store, VersionIs
from cloud_store.sqlite import TICKET_API, open_sqlite
from tests.support.dynamodb import opener_of

Opener = Callable[[], AbstractAsyncContextManager[Store]]
"""Opens a test's store; a second time, also at the same time, it is the same store."""


def sqlite(folder: Path) -> Opener:
    """Return what opens a SQLite store in a folder."""
    return lambda: open_sqlite(folder / "store.db", TICKET_API)


def dynamodb(_folder: Path) -> Opener:
    """Return what opens a store on DynamoDB, where the environment leads."""
    return opener_of()


ADAPTERS: Mapping[str, Callable[[Path], Opener]] = {"sqlite": sqlite, "dynamodb": dynamodb}


def key(sk: str = "-", pk: str = "p", kind: str = "k") -> Key:
    return Key(kind, pk, sk)


def new(at: Key, /, **body: Any) -> Put:
    """Write where nothing is."""
    return Put(at, body, Absent())


def change(at: Key, version: int, /, **body: Any) -> Put:
    """Write over a version."""
    return Put(at, body, VersionIs(version))


async def bodies(store: Store, *keys: Key) -> list[Any]:
    """Return the bodies at keys, None where there is nothing."""
    return [None if item is None else item.body for item in await store.get_many(keys)]
