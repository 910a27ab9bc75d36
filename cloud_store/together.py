"""Reads of many callers made together: thousands of small ones cost what a few large ones do."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

from cloud_store.port import Item, Key, Store, StoreError

_MOST_KEYS: Final = 1000
"""Of one read of the store."""


class ReadsTogether:
    """Reads items by key. Callers that come while a read is under way share the next one.

    A read begins after whoever shares it has asked, so it sees every commit that had returned by
    then, as the store's own reads do.
    """

    def __init__(self, store: Store, *, patience_s: float | None = None) -> None:
        """`patience_s`: a store that says nothing for so long has failed; None: it may take long.

        One clock for all who share a read, for they are many.
        """
        self._store = store
        self._patience_s = patience_s
        self._waiting: list[tuple[Sequence[Key], asyncio.Future[list[Item | None]]]] = []
        self._reading: asyncio.Task[None] | None = None

    def ask(self, keys: Sequence[Key]) -> asyncio.Future[list[Item | None]]:
        """Begin to read the items at `keys`; what comes of it is as `get_many` says.

        Who asks for several things at once, and awaits them then, is told of all by one read.
        """
        told: asyncio.Future[list[Item | None]] = asyncio.get_running_loop().create_future()
        self._waiting.append((keys, told))
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_all(), name="reads together")
        return told

    async def get(self, key: Key) -> Item | None:
        """Return the item at `key`, or None. Raises StoreError."""
        return (await self.get_many((key,)))[0]

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        """Return the items at `keys`, in their order; not one moment's view. Raises StoreError."""
        return await self.ask(keys)

    async def _read_all(self) -> None:
        try:
            while self._waiting:
                await self._read(self._next())
        finally:
            self._reading = None
            for _, told in self._waiting:
                told.cancel()
            self._waiting.clear()

    def _next(self) -> list[tuple[Sequence[Key], asyncio.Future[list[Item | None]]]]:
        count = keys = 0
        for wanted, _ in self._waiting:
            keys += len(wanted)
            if count and keys > _MOST_KEYS:
                break
            count += 1
        some, self._waiting = self._waiting[:count], self._waiting[count:]
        return some

    async def _read(
        self, some: Iterable[tuple[Sequence[Key], asyncio.Future[list[Item | None]]]]
    ) -> None:
        asked = [(keys, told) for keys, told in some if not told.done()]
        try:
            distinct = list(dict.fromkeys(key for keys, _ in asked for key in keys))
            found = dict(zip(distinct, await self._in_time(distinct), strict=True))
        except BaseException as error:
            for _, told in asked:
                if told.done():
                    continue
                if isinstance(error, Exception):
                    told.set_exception(error)
                else:
                    told.cancel()
            if not isinstance(error, Exception):
                raise
        else:
            for keys, told in asked:
                if not told.done():
                    told.set_result([found[key] for key in keys])

    async def _in_time(self, keys: Sequence[Key]) -> list[Item | None]:
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._store.get_many(keys)
        except TimeoutError as error:
            msg = f"the store said nothing for {self._patience_s:g} s"
            raise StoreError(msg) from error
