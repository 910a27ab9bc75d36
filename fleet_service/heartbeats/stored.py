"""Adapter of HeartbeatStore over the store."""

import json
from typing import ClassVar, NamedTuple, cast

from cloud_store.digests import text_of
from cloud_store.port import Absent, Body, ConditionFailedError, Item, Key, Put, Store, VersionIs
from cloud_store.records import Record
from cloud_store.retrying import ATTEMPTS, pause
from cloud_store.together import ReadsTogether
from cloud_store.workspace import Workspace
from fleet_service.clock import Clock
from fleet_service.heartbeats.last_seen import Gist, LastSeen
from fleet_service.heartbeats.ports import Look
from fleet_service.remembered import Followed, Remembered


class SeenRecord(LastSeen, Record):
    """A kiosk's last report, by the kiosk's id."""

    store_kind: ClassVar[str] = "seen"


class Kept(NamedTuple):
    """What the store has of a kiosk."""

    version: int
    text: bytes
    """As JSON: a body in parts takes four times as much, of each of ten thousand kiosks."""
    gist: Gist
    mark: bytes = b""
    """Of the report that it is of, as Report has it; empty where that is not known."""

    @property
    def body(self) -> Body:
        """Return it in parts."""
        return cast("Body", json.loads(self.text))


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
        self._counting: Remembered[Kept | None] = Remembered(clock, followed)
        self._known: dict[str, Kept] = {}
        """What the store last said of each kiosk. Those that report bound it."""

    def look(self, kiosk_id: str) -> Look | None:
        """Begin to read what is kept of a kiosk, unless that is known."""
        return None if self._counting.counting(kiosk_id) is not None else self._look(kiosk_id)

    async def is_news(
        self, kiosk_id: str, gist: Gist, look: Look | None = None, *, watched: bool = False
    ) -> bool:
        """Say whether a report is to be kept."""
        kept = await self._kept_now(kiosk_id, look)
        return gist.is_news_after(None if kept is None else kept.gist, watched=watched)

    async def put_again(
        self, kiosk_id: str, gist: Gist, mark: bytes, *, watched: bool = False
    ) -> bool:
        """Keep the time of a report, where what is kept is the same report but for that."""
        known = self._counting.counting(kiosk_id)
        kept = None if known is None else known[1]
        if kept is None or not mark or kept.mark != mark:
            return False
        if not gist.is_news_after(kept.gist, watched=watched):
            # Another report of the kiosk was kept since this one was judged.
            return True
        body = kept.body
        if kept.gist.leaving_since != gist.leaving_since or body.get("offline_since"):
            # Not by its time alone: an outage that it tells of has another end now.
            return False
        ours = {"seen_at": _time(gist), "clock_offset_s": gist.clock_offset_s}
        try:
            await self._write(kiosk_id, kept, {**body, **ours}, gist, mark)
        except ConditionFailedError:
            return False
        return True

    async def put(self, seen: LastSeen, mark: bytes = b"", *, watched: bool = False) -> None:
        """Keep this report in place of the one before, if it is news."""
        kept = await self._kept_now(seen.kiosk_id)
        for attempt in range(1, ATTEMPTS + 1):
            if not seen.gist.is_news_after(None if kept is None else kept.gist, watched=watched):
                return
            body = seen.remembering(_with_its_outage(kept)).to_json()
            try:
                await self._write(seen.kiosk_id, kept, body, seen.gist, mark)
            except ConditionFailedError:
                # Another task was first.
                if attempt == ATTEMPTS:
                    raise
                await pause(attempt)
                kept = await self._kept_now(seen.kiosk_id, self._look(seen.kiosk_id))
            else:
                return

    async def last(self, kiosk_id: str) -> LastSeen | None:
        """Return a kiosk's last report, if there was one."""
        return await Workspace(self._store).fetch(SeenRecord, kiosk_id)

    def _look(self, kiosk_id: str) -> Look:
        begun = self._counting.begin(kiosk_id)
        return Look(begun, self._reads.ask((_key(kiosk_id),)))

    async def _kept_now(self, kiosk_id: str, look: Look | None = None) -> Kept | None:
        if look is None:
            counting = self._counting.counting(kiosk_id)
            if counting is not None:
                return counting[1]
            look = self._look(kiosk_id)
        [item] = await look.items
        kept = self._as_read(kiosk_id, item)
        self._counting.end(look.begun, kept)
        return kept

    async def _write(
        self, kiosk_id: str, kept: Kept | None, body: Body, gist: Gist, mark: bytes
    ) -> None:
        """Write if `kept` is what is there; raises ConditionFailedError if it is not."""
        condition = Absent() if kept is None else VersionIs(kept.version)
        heard = self._counting.changes(kiosk_id)
        await self._store.commit([Put(_key(kiosk_id), body, condition)])
        written = Kept(1 if kept is None else kept.version + 1, text_of(body), gist, mark)
        self._known[kiosk_id] = written
        if self._counting.changes(kiosk_id) <= heard + 1:
            # Its own mark came with the commit; with another's it may be older than what is there.
            self._counting.end(self._counting.begin(kiosk_id), written)

    def _as_read(self, kiosk_id: str, item: Item | None) -> Kept | None:
        if item is None:
            return None
        known, text = self._known.get(kiosk_id), text_of(item.body)
        if known is not None and known.version == item.version and known.text == text:
            return known
        kept = Kept(item.version, text, SeenRecord.model_validate(item.body).gist)
        self._known[kiosk_id] = kept
        return kept


def _key(kiosk_id: str) -> Key:
    return Key(SeenRecord.store_kind, kiosk_id)


def _time(gist: Gist) -> str:
    return gist.seen_at.isoformat().replace("+00:00", "Z")


def _with_its_outage(kept: Kept | None) -> LastSeen | None:
    """Return what was kept before, if it tells of an outage: nothing else of it stays."""
    body = {} if kept is None else kept.body
    return SeenRecord.model_validate(body) if body.get("was_offline_since") else None
