"""The feed of a venue's gates: revocations and admissions after a cursor."""

from cloud_store.port import Store
from core_services.ticket_api.records import FeedRecord
from kiosk_contracts.gates import GateFeed, GateFeedEntry


class GateService:
    """What gates sync while there is a line."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def feed(self, venue_id: str, after: int, limit: int) -> GateFeed:
        """Return up to `limit` facts of a venue after a cursor, oldest first.

        Cursors have no gaps: a fact is committed together with the venue's next cursor.
        """
        items = await self._store.query(
            FeedRecord.store_kind, venue_id, after=f"{after:012d}", limit=limit + 1
        )
        entries = tuple(GateFeedEntry.model_validate(item.body) for item in items[:limit])
        return GateFeed(
            entries=entries,
            next_cursor=entries[-1].cursor if entries else after,
            more=len(items) > limit,
        )
