"""Adapter of HeartbeatStore over the store."""

from typing import ClassVar

from cloud_store.port import Store
from cloud_store.records import Record
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace
from fleet_service.heartbeats.ports import LastSeen


class SeenRecord(LastSeen, Record):
    """A kiosk's last report, by the kiosk's id."""

    store_kind: ClassVar[str] = "seen"


class StoredHeartbeats:
    """One item for each kiosk. What was kept is read each time: another task may have kept it."""

    def __init__(self, store: Store) -> None:
        self._store = store

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
