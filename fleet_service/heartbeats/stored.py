"""Adapter of HeartbeatStore over the store."""

from typing import ClassVar

from cloud_store.port import Body, Store
from cloud_store.records import Record
from cloud_store.retrying import with_fresh_reads
from cloud_store.together import ReadsTogether
from cloud_store.workspace import Workspace, key_of
from fleet_service.heartbeats.ports import Gist, LastSeen


class SeenRecord(LastSeen, Record):
    """A kiosk's last report, by the kiosk's id."""

    store_kind: ClassVar[str] = "seen"


class StoredHeartbeats:
    """One item for each kiosk. What was kept is read each time: another task may have kept it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reads = ReadsTogether(store)
        self._known: dict[str, tuple[Body, Gist]] = {}
        """What the store last said of each kiosk, and its gist. Those that report bound it."""

    async def is_news(self, kiosk_id: str, gist: Gist, *, watched: bool = False) -> bool:
        """Say whether a report is to be kept."""
        return gist.is_news_after(await self._look(kiosk_id), watched=watched)

    async def put(self, seen: LastSeen, *, watched: bool = False) -> None:
        """Keep this report in place of the one before, if it is news."""

        async def work(workspace: Workspace) -> None:
            known = await workspace.fetch(SeenRecord, seen.kiosk_id)
            if seen.is_news_after(known, watched=watched):
                kept = SeenRecord.model_validate(seen.remembering(known).to_json())
                workspace.put(kept, seen.kiosk_id)
                await workspace.commit()

        await with_fresh_reads(self._store, work)

    async def last(self, kiosk_id: str) -> LastSeen | None:
        """Return a kiosk's last report, if there was one."""
        return await Workspace(self._store).fetch(SeenRecord, kiosk_id)

    async def _look(self, kiosk_id: str) -> Gist | None:
        item = await self._reads.get(key_of(SeenRecord, kiosk_id))
        if item is None:
            return None
        known = self._known.get(kiosk_id)
        if known is not None and (known[0] is item.body or known[0] == item.body):
            return known[1]
        gist = SeenRecord.model_validate(item.body).gist
        self._known[kiosk_id] = item.body, gist
        return gist
