"""A store that remembers what each commit changed of what is told."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from aiohttp import web

from cloud_store.port import ConditionFailedError, Item, Key, Store, Write
from fleet_service.stream.marks import Mark, marks_of

_LANDED_S: Final = 20.0
"""A commit that was given up has landed by then, or never does: no request of a store takes so
long."""


class Pending:
    """What this task changed and has not marked yet, each once, in order."""

    def __init__(self) -> None:
        self._marks: dict[Mark, None] = {}
        self.there = asyncio.Event()
        self._hearing: list[Callable[[Sequence[Mark]], None]] = []

    def add(self, marks: Iterable[Mark]) -> None:
        """Have these marked soon."""
        added = list(marks)
        for mark in added:
            self._marks.pop(mark, None)
            self._marks[mark] = None
        for hear in self._hearing:
            hear(added)
        if self._marks:
            self.there.set()

    def hear(self, hear: Callable[[Sequence[Mark]], None]) -> None:
        """Have `hear` told of all marks as they are added."""
        self._hearing.append(hear)

    def __len__(self) -> int:
        """Return how many marks are pending."""
        return len(self._marks)

    def take(self, most: int) -> list[Mark]:
        """Return and forget up to `most` of the oldest."""
        taken = list(self._marks)[:most]
        for mark in taken:
            del self._marks[mark]
        if not self._marks:
            self.there.clear()
        return taken


PENDING: web.AppKey[Pending] = web.AppKey("pending_marks", Pending)


class MarkingStore:
    """A Store before another: what is committed through it is pending to be marked.

    A commit of which nobody knows whether it happened is marked, too: one mark too many does no
    harm.
    """

    def __init__(self, store: Store, pending: Pending) -> None:
        self._store = store
        self._pending = pending

    async def get(self, key: Key) -> Item | None:
        """As the store behind it."""
        return await self._store.get(key)

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        """As the store behind it."""
        return await self._store.get_many(keys)

    async def query(self, kind: str, pk: str, *, after: str = "", limit: int = 100) -> list[Item]:
        """As the store behind it."""
        return await self._store.query(kind, pk, after=after, limit=limit)

    async def commit(self, writes: Sequence[Write]) -> None:
        """As the store behind it."""
        marks = [*marks_of(writes)]
        try:
            await self._store.commit(writes)
        except ConditionFailedError:
            # Whoever was first may not have marked it yet.
            self._pending.add(marks)
            raise
        except BaseException:
            # It may land later than it is marked, and be read in between.
            self._pending.add(marks)
            asyncio.get_running_loop().call_later(_LANDED_S, self._pending.add, marks)
            raise
        # Not before: whoever reads by a mark has to see what was committed.
        self._pending.add(marks)
