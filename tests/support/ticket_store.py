"""The ticket API's store for a test: a file, or a table if TICKET_STORE is `dynamodb`."""

import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from cloud_store import opening
from cloud_store.places import TICKET_API, TablePlace
from cloud_store.port import Store
from cloud_store.sqlite import SqliteStore

_FILE = "store.db"
_tables: dict[Path, TablePlace] = {}


def on_a_table() -> bool:
    """Say whether tests are to use DynamoDB."""
    return os.environ.get("TICKET_STORE") == "dynamodb"


@asynccontextmanager
async def opened_store(folder: Path) -> AsyncIterator[Store]:
    """Open the store of a folder, or a new table."""
    if not on_a_table():
        async with opening.open_store(folder / _FILE, TICKET_API) as file:
            yield file
        return
    # Only whoever asks for it reads boto3.
    from tests.support.dynamodb import make_table  # noqa: PLC0415

    place = _tables[folder] = await make_table()
    async with opening.open_store(place, TICKET_API) as table:
        yield table


def place_settings(folder: Path) -> dict[str, Any]:
    """Return the settings that lead a process to the store of a folder."""
    if folder not in _tables:
        return {"database": folder / _FILE}
    return {
        "database": None,
        "store_table": _tables[folder].name,
        "store_region": _tables[folder].region,
    }


def rows(store: Store, folder: Path) -> list[tuple[Any, ...]]:
    """Return all that a store holds (kind, pk, sk, version, body), as another program reads it."""
    if isinstance(store, SqliteStore):
        with closing(sqlite3.connect(folder / _FILE)) as connection:
            return connection.execute("SELECT * FROM items ORDER BY kind, pk, sk").fetchall()
    from tests.support.dynamodb import scanned  # noqa: PLC0415  the same

    return scanned(store)


def bodies(store: Store, folder: Path, kind: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the bodies of a kind, by pk and sk."""
    found = rows(store, folder)
    return {(pk, sk): json.loads(body) for its, pk, sk, _, body in found if its == kind}
