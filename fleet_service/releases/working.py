"""Works on all moves that have not ended, while this task leads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from cloud_store.port import Store, StoreError
from fleet_service.leases.ports import Lease
from fleet_service.releases.records import OPEN_MOVES
from fleet_service.releases.tending import Tending
from fleet_service.venues.records import DirectoryRecord

log = structlog.get_logger()


class MoveWorker:
    """Looks at each move every few seconds: what it waits for comes with kiosks' reports."""

    def __init__(self, store: Store, lease: Lease, tending: Tending) -> None:
        self._store = store
        self._lease = lease
        self._tending = tending

    @asynccontextmanager
    async def working(self, every_s: float) -> AsyncIterator[None]:
        """Work until the block ends."""
        task = asyncio.create_task(self._work(every_s), name="moves")
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
                log.warning("moves_not_read", why=str(error))
            except Exception:
                # One fault in a move must not end all moves for good.
                log.exception("moves_failed")
            await asyncio.sleep(every_s)

    async def look(self) -> None:
        """Look at each open move once, if this task leads. Raises StoreError."""
        after = ""
        while self._lease.held() is not None:
            items = await self._store.query(DirectoryRecord.store_kind, OPEN_MOVES, after=after)
            if not items:
                return
            for item in items:
                await self._tending.look(item.key.sk)
            after = items[-1].key.sk
