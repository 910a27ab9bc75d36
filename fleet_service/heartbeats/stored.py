"""Adapter of HeartbeatStore over the store."""

from typing import ClassVar

from cloud_store.port import Body, Item, Key, Store
from cloud_store.records import Record
from cloud_store.retrying import with_fresh_reads
from cloud_store.together import ReadsTogether
from cloud_store.workspace import Workspace
from fleet_service.clock import Clock
from fleet_service.heartbeats.last_seen import Gist, LastSeen
from fleet_service.heartbeats.ports import Look
from fleet_service.remembered import Followed, Remembered


class SeenRecord(LastSeen, Record):
    """A kiosk's last report, by the kiosk's id."""

    store_kind: ClassVar[str] = "seen"


class StoredHeartbeats:
    """One item for each kiosk. What was kept is read again as soon as any task keeps another."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        reads: ReadsTogether | None = None,
        followed: Followed | None = None,
    ) -> None:
        """Share `reads` with whoever else reads of the same kiosks; None: with nobody.

        `followed`: whoever hears what other tasks keep; None: nobody does.
        """
        self._store = store
        self._reads = reads or ReadsTogether(store)
        self._kept: Remembered[Gist | None] = Remembered(clock, followed)
        self._known: dict[str, tuple[Body, Gist]] = {}
        """What the store last said of each kiosk, and its gist. Those that report bound it."""

    def look(self, kiosk_id: str) -> Look | None:
        """Begin to read what is kept of a kiosk, unless that is known."""
        return None if self._kept.counting(kiosk_id) is not None else self._look(kiosk_id)

    async def is_news(
        self, kiosk_id: str, gist: Gist, look: Look | None = None, *, watched: bool = False
    ) -> bool:
        """Say whether a report is to be kept."""
        if look is None:
            counting = self._kept.counting(kiosk_id)
            if counting is not None:
                return gist.is_news_after(counting[1], watched=watched)
            look = self._look(kiosk_id)
        [item] = await look.items
        known = self._gist(kiosk_id, item)
        self._kept.end(look.begun, known)
        return gist.is_news_after(known, watched=watched)

    def _look(self, kiosk_id: str) -> Look:
        begun = self._kept.begin(kiosk_id)
        return Look(begun, self._reads.ask((Key(SeenRecord.store_kind, kiosk_id),)))

    async def put(self, seen: LastSeen, *, watched: bool = False) -> None:
        """Keep this report in place of the one before, if it is news."""

        async def work(workspace: Workspace) -> None:
            known = await workspace.fetch(SeenRecord, seen.kiosk_id)
            if seen.is_news_after(known, watched=watched):
                kept = _kept(seen.remembering(known))
                workspace.put(kept, seen.kiosk_id)
                await workspace.commit()
                self._known[seen.kiosk_id] = kept.to_json(), seen.gist

        await with_fresh_reads(self._store, work)

    async def last(self, kiosk_id: str) -> LastSeen | None:
        """Return a kiosk's last report, if there was one."""
        return await Workspace(self._store).fetch(SeenRecord, kiosk_id)

    def _gist(self, kiosk_id: str, item: Item | None) -> Gist | None:
        if item is None:
            return None
        known = self._known.get(kiosk_id)
        if known is not None and (known[0] is item.body or known[0] == item.body):
            return known[1]
        gist = SeenRecord.model_validate(item.body).gist
        self._known[kiosk_id] = item.body, gist
        return gist


def _kept(seen: LastSeen) -> SeenRecord:
    """Return a report as a record, of the same fields and made harmless already.

    To look at all of it again costs more than all else that is done for a report.
    """
    told = {name: getattr(seen, name) for name in LastSeen.model_fields}
    return SeenRecord.model_construct(seen.model_fields_set, **told, **(seen.model_extra or {}))
