"""A store that a test takes away from a whole fleet service, and gives back."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from cloud_store.opening import open_store
from cloud_store.places import Program, StorePlace
from cloud_store.port import Item, Key, Store, StoreError, Write
from fleet_service import runtime


@dataclass
class AbsentStore:
    """The one store of an app, once that runs."""

    inner: Store | None = None
    away: bool = False
    refused: int = 0
    """How often it was asked while it was away."""

    def there(self) -> Store:
        """Return what is behind; raises StoreError while it is away."""
        if self.away or self.inner is None:
            self.refused += 1
            raise StoreError("the store could not be reached")
        return self.inner

    async def get(self, key: Key) -> Item | None:
        return await self.there().get(key)

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        return await self.there().get_many(keys)

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        return await self.there().query(kind, pk, after=after, limit=limit)

    async def commit(self, writes: Sequence[Write]) -> None:
        await self.there().commit(writes)


def absent_store(monkeypatch: pytest.MonkeyPatch) -> AbsentStore:
    """Have the next app in this process open its store behind one that may be away."""
    absent = AbsentStore()

    @asynccontextmanager
    async def opened(place: StorePlace, program: Program) -> AsyncIterator[Store]:
        async with open_store(place, program) as store:
            absent.inner = store
            yield absent

    monkeypatch.setattr(runtime, "open_store", opened)
    return absent
