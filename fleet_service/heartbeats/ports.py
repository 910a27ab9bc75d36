"""Where kiosks' last reports are kept, so that every task of the service knows them."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from cloud_store.port import Item
from fleet_service.heartbeats.last_seen import Gist, LastSeen
from fleet_service.remembered import Begun


@dataclass(frozen=True, slots=True)
class Look:
    """A look at what is kept of a kiosk, under way."""

    begun: Begun
    items: asyncio.Future[list[Item | None]]

    def drop(self) -> None:
        """Let it be: nobody waits for it, of a report that was refused."""
        if not self.items.cancel() and not self.items.cancelled():
            self.items.exception()


class HeartbeatStore(Protocol):
    """Keeps the last report of each kiosk. Shared by all tasks that have the same store."""

    def look(self, kiosk_id: str, /) -> Look | None:
        """Begin to read what is kept of a kiosk, for `is_news`; None where it is known already.

        So that what else is asked of the same store for the same report is read together with it.
        """
        ...

    async def is_news(
        self, kiosk_id: str, gist: Gist, look: Look | None = None, /, *, watched: bool = False
    ) -> bool:
        """Say whether a report is to be kept, by what is kept now. Raises StoreError.

        `look`: of this kiosk, begun after the report came; None: it is looked now.
        """
        ...

    async def put_again(
        self, kiosk_id: str, gist: Gist, mark: bytes, /, *, watched: bool = False
    ) -> bool:
        """Keep when a report that is news came, where the same was kept before at another time.

        `mark`: its Report's. Return False, with nothing written, where that is not known to be so;
        it is to be `put` then. `watched`: as for `put`. Raises StoreError.
        """
        ...

    async def put(self, seen: LastSeen, mark: bytes = b"", /, *, watched: bool = False) -> None:
        """Keep this report in place of the kiosk's one before, if it is news. Idempotent.

        `mark`: its Report's, for `put_again`. `watched`: as for `LastSeen.is_news_after`. Raises
        StoreError.
        """
        ...

    async def last(self, kiosk_id: str) -> LastSeen | None:
        """Return a kiosk's last report that was kept, if there was one. Raises StoreError."""
        ...
