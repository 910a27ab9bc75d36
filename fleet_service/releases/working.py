"""Works on all moves, and all releases, that have not ended, while this task leads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import structlog

from cloud_store.port import Store, StoreError
from fleet_service.leases.ports import Lease
from fleet_service.releases.records import OPEN_MOVES
from fleet_service.venues.records import DirectoryRecord

log = structlog.get_logger()


class GoesOn(Protocol):
    """Goes on with one thing that has not ended."""

    async def look(self, open_id: str, /) -> None:
        """Do all that is to be done now. Raises StoreError."""
        ...


class MoveWorker:
    """Looks at each move every few seconds: what it waits for comes with kiosks' reports.

    Or at whatever else another partition of the directory lists.
    """

    def __init__(
        self, store: Store, lease: Lease, tending: GoesOn, *, partition: str = OPEN_MOVES
    ) -> None:
        self._store = store
        self._lease = lease
        self._tending = tending
        self._partition = partition

    @asynccontextmanager
    async def working(self, every_s: float) -> AsyncIterator[None]:
        """Work until the block ends."""
        task = asyncio.create_task(self._work(every_s), name=self._partition)
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _work(self, every_s: float) -> None:
        while True:
            try:
                await self.look()
            except StoreError as error:
                log.warning("moves_not_read", of=self._partition, why=str(error))
            except Exception:
                # One fault in a move must not end all moves for good.
                log.exception("moves_failed", of=self._partition)
            await asyncio.sleep(every_s)

    async def look(self) -> None:
        """Look at each once, if this task leads. Raises StoreError."""
        after = ""
        while self._lease.held() is not None:
            kind, partition = DirectoryRecord.store_kind, self._partition
            items = await self._store.query(kind, partition, after=after)
            if not items:
                return
            for item in items:
                await self._tending.look(item.key.sk)
            after = items[-1].key.sk
