"""Sabotage around the ticket API's store port. Each makes the real service do the wrong thing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cloud_store.port import (
    Absent,
    Item,
    Key,
    Put,
    Store,
    VersionIs,
    Write,
)

_FORGOTTEN: Final = frozenset({"transaction", "sequence", "receipt"})


class ForgetfulStore:
    """Takes the deduplication away: what was recorded before looks new, and is counted again.

    Reads hide known transactions and show their serials as unsold; writes that rely on them being
    absent go through.
    """

    def __init__(self, inner: Store) -> None:
        self._inner = inner

    async def get(self, key: Key) -> Item | None:
        """Return the item, unless it is one to forget."""
        return _forget(await self._inner.get(key))

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        """Return the items, without those to forget."""
        return [_forget(item) for item in await self._inner.get_many(keys)]

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        """Query as the store does: nobody finds duplicates by queries."""
        return await self._inner.query(kind, pk, after=after, limit=limit)

    async def commit(self, writes: Sequence[Write]) -> None:
        """Commit, over what was forgotten."""
        await self._inner.commit([await self._over_forgotten(write) for write in writes])

    async def _over_forgotten(self, write: Write) -> Write:
        if not (isinstance(write, Put) and write.key.kind in _FORGOTTEN):
            return write
        there = await self._inner.get(write.key)
        condition = Absent() if there is None else VersionIs(there.version)
        return replace(write, condition=condition)


def _forget(item: Item | None) -> Item | None:
    if item is None or item.key.kind in _FORGOTTEN:
        return None
    if item.key.kind == "serial" and item.body.get("state") == "sold":
        return replace(item, body={**item.body, "state": "leased", "txn_id": None})
    return item


class BoundlessStore:
    """Lets grants of one ticket type exceed its capacity: what is taken always reads as nothing."""

    def __init__(self, inner: Store, ticket_type_id: str) -> None:
        self._inner = inner
        self._ticket_type_id = ticket_type_id

    async def get(self, key: Key) -> Item | None:
        """Return the item; the sabotaged inventory has nothing taken."""
        item = await self._inner.get(key)
        return None if item is None else self._untaken(item)

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        """Return the items; the sabotaged inventory has nothing taken."""
        items = await self._inner.get_many(keys)
        return [None if item is None else self._untaken(item) for item in items]

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        """Query; the sabotaged inventory has nothing taken."""
        items = await self._inner.query(kind, pk, after=after, limit=limit)
        return [self._untaken(item) for item in items]

    async def commit(self, writes: Sequence[Write]) -> None:
        """Commit as the store does."""
        await self._inner.commit(writes)

    def _untaken(self, item: Item) -> Item:
        if item.key.kind == "inventory" and item.key.sk == self._ticket_type_id:
            return replace(item, body={**item.body, "taken": 0})
        return item
