"""Who asks a store that is closing is told so, and waits for nothing."""

import asyncio
from pathlib import Path

import pytest

from cloud_store.port import Absent, Key, Put, StoreError
from cloud_store.sqlite import FLEET_SERVICE, SqliteStore, open_sqlite

WRITE = Put(Key("thing", "a"), {"n": 1}, Absent())


async def test_a_store_that_was_closed_says_so(tmp_path: Path) -> None:
    async with open_sqlite(tmp_path / "f.db", FLEET_SERVICE) as store:
        pass
    with pytest.raises(StoreError, match="closed"):
        await store.commit([WRITE])


async def test_what_stands_behind_the_closing_is_told_that_it_was_not_written(
    tmp_path: Path,
) -> None:
    async with open_sqlite(tmp_path / "f.db", FLEET_SERVICE) as store:
        # As a caller that came between the two.
        store._queue.put(None)
        store._thread.join()
        with pytest.raises(StoreError, match="was closed before"):
            await _behind_the_closing(store)


async def _behind_the_closing(store: SqliteStore) -> None:
    asked = asyncio.create_task(store.commit([WRITE]))
    await asyncio.sleep(0)
    await asyncio.to_thread(store._fail_what_is_left)
    await asked
