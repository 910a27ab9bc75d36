"""All that is known of all kiosks, read from the store."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from cloud_store.port import Item, Key, Store
from cloud_store.records import Record
from cloud_store.workspace import key_of
from fleet_service.calendars.records import CalendarRecord
from fleet_service.heap import with_shared_names
from fleet_service.heartbeats.stored import SeenRecord
from fleet_service.instances.opening import Span
from fleet_service.instances.ports import ECS, SSM, Source
from fleet_service.instances.records import (
    SWEEPS,
    WATCH,
    HostLookRecord,
    SweepRecord,
    WatchRecord,
)
from fleet_service.instances.views import EcsView, KioskViews, SsmView
from fleet_service.relay.records import PATH, PathRecord
from fleet_service.releases.watched import WatchedMoves, watched_moves
from fleet_service.sessions.ports import RegisteredKiosk
from fleet_service.venues.records import VENUES, DirectoryRecord, KioskRecord, VenueRecord
from kiosk_contracts.venues import Standing, Venue

_R = TypeVar("_R", bound=Record)
_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class KnownKiosk:
    """A kiosk, however it came to be known."""

    kiosk_id: str
    kiosk_code: str
    standing: Standing
    instance_id: str | None
    views: KioskViews


@dataclass(frozen=True, slots=True)
class KnownVenue:
    """A venue and its kiosks."""

    venue: Venue
    kiosks: tuple[KnownKiosk, ...]
    events: tuple[Span, ...] = ()
    """When its events are."""


@dataclass(frozen=True, slots=True)
class Known:
    """Everything, as it was read; not one moment's view."""

    venues: tuple[KnownVenue, ...]
    sweeps: Mapping[Source, SweepRecord | None]
    watch: WatchRecord | None
    path: PathRecord | None = None
    moves: WatchedMoves = field(default_factory=WatchedMoves)


@dataclass(slots=True)
class _Hosts:
    """What the sources have, by source and host."""

    sweeps: Mapping[Source, SweepRecord | None]
    looks: Mapping[Source, Mapping[str, HostLookRecord]]

    def ecs(self, instance_id: str) -> EcsView | None:
        found = self._of(ECS, instance_id)
        return None if found is None else found[1].as_ecs(found[0])

    def ssm(self, instance_id: str) -> SsmView | None:
        found = self._of(SSM, instance_id)
        return None if found is None else found[1].as_ssm(found[0])

    def _of(self, service: str, instance_id: str) -> tuple[datetime, HostLookRecord] | None:
        """Return what the one source that has a host said of it, and when.

        Where none has it that is as old as the oldest of their sweeps: it may be there.
        """
        told: list[tuple[datetime, HostLookRecord]] = []
        for source, sweep in self.sweeps.items():
            if source.service != service:
                continue
            if sweep is None or sweep.looked_at is None:
                told.append((_NEVER, _NOWHERE))
                continue
            look = self.looks[source].get(instance_id, _NOWHERE)
            told.append((sweep.looked_at, look))
        there = [one for one in told if one[1].status]
        if there:
            return max(there, key=lambda one: one[0])
        oldest = min(told, key=lambda one: one[0], default=None)
        return None if oldest is None or oldest[0] == _NEVER else oldest


_NOWHERE: Final = HostLookRecord(status="")
_NEVER: Final = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


@dataclass
class Gathering:
    """Reads everything again and again; what did not change is parsed once.

    `listed`: the kiosks of the kiosks file, which count where the store has them, too.
    """

    store: Store
    sources: Sequence[Source]
    listed: Callable[[], Collection[RegisteredKiosk]] = tuple
    _parsed: dict[Key, tuple[Any, Record]] = field(default_factory=dict)
    _touched: dict[Key, tuple[Any, Record]] = field(default_factory=dict)

    async def gather(self) -> Known:
        """Read all. Raises StoreError."""
        return await self._gather(None)

    async def gather_some(self, venue_ids: Collection[str]) -> Known:
        """Read only what is known of some venues and their kiosks. Raises StoreError."""
        return await self._gather(venue_ids)

    async def _gather(self, venue_ids: Collection[str] | None) -> Known:
        self._touched = {}
        listed = {one.kiosk_id: one for one in self.listed()}
        meant = [one for one in listed.values() if venue_ids is None or one.venue_id in venue_ids]
        wanted = await self._directory() if venue_ids is None else venue_ids
        venues = await self._many(VenueRecord, wanted)
        kiosk_ids = [kiosk.kiosk_id for venue in venues.values() for kiosk in venue.kiosks]
        kiosks = await self._many(KioskRecord, kiosk_ids)
        seen = await self._many(SeenRecord, [*kiosk_ids, *(one.kiosk_id for one in meant)])
        known_hosts = [one.instance_id for one in kiosks.values()]
        known_hosts += [one.instance_id for one in meant]
        hosts = await self._hosts(None if venue_ids is None else known_hosts)
        calendars = await self._many(CalendarRecord, venues)
        joining = _Joining(kiosks, seen, hosts, listed, calendars)
        # In a thread: with thousands of kiosks others would wait for a good part of a second.
        known = await asyncio.to_thread(lambda: tuple(joining.venues(venues, meant)))
        watch = (await self._many(WatchRecord, [WATCH])).get(WATCH)
        path = (await self._many(PathRecord, [PATH])).get(PATH)
        moves = WatchedMoves()
        if venue_ids is None:
            moves = await watched_moves(self.store, self._parse)
        self._parsed = self._touched
        return Known(known, hosts.sweeps, watch, path, moves)

    async def _directory(self) -> list[str]:
        items = [item async for item in self._all(DirectoryRecord, VENUES)]
        return [item.key.sk for item in items]

    async def _hosts(self, instance_ids: Collection[str | None] | None) -> _Hosts:
        """Return what the sources have of some hosts; None: of all."""
        sweeps = {
            item.key.sk: self._parse(SweepRecord, item)
            async for item in self._all(SweepRecord, SWEEPS)
        }
        looks = {source: await self._looks(source, instance_ids) for source in self.sources}
        return _Hosts({source: sweeps.get(source.name) for source in self.sources}, looks)

    async def _looks(
        self, source: Source, instance_ids: Collection[str | None] | None
    ) -> dict[str, HostLookRecord]:
        if instance_ids is None:
            return {
                item.key.sk: self._parse(HostLookRecord, item)
                async for item in self._all(HostLookRecord, source.name)
            }
        wanted = [key_of(HostLookRecord, source.name, one) for one in {*instance_ids} if one]
        items = await self.store.get_many(wanted)
        there = [item for item in items if item is not None]
        return {item.key.sk: self._parse(HostLookRecord, item) for item in there}

    async def _all(self, record_type: type[Record], pk: str) -> Any:
        after = ""
        while items := await self.store.query(record_type.store_kind, pk, after=after, limit=_PAGE):
            for item in items:
                yield item
            after = items[-1].key.sk

    async def _many(self, record_type: type[_R], ids: Collection[str]) -> dict[str, _R]:
        found: dict[str, _R] = {}
        for some in _batches([*dict.fromkeys(ids)]):
            items = await self.store.get_many([key_of(record_type, one) for one in some])
            for item in items:
                if item is not None:
                    found[item.key.pk] = self._parse(record_type, item)
        return found

    def _parse(self, record_type: type[_R], item: Item) -> _R:
        # By what it says, not by its version: what was removed and made anew begins at 1.
        before = self._parsed.get(item.key)
        if before is not None and before[0] == item.body and isinstance(before[1], record_type):
            self._touched[item.key] = before
            return before[1]
        # With thousands of kiosks the sets of field names alone would be 60 MB.
        record = with_shared_names(record_type.model_validate(item.body))
        self._touched[item.key] = item.body, record
        return record


def _batches(ids: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(ids), _PAGE):
        yield ids[first : first + _PAGE]


@dataclass(slots=True)
class _Joining:
    """Puts together what is known of each kiosk."""

    kiosks: Mapping[str, KioskRecord]
    seen: Mapping[str, SeenRecord]
    hosts: _Hosts
    listed: Mapping[str, RegisteredKiosk]
    calendars: Mapping[str, CalendarRecord]

    def venues(
        self, planned: Mapping[str, VenueRecord], meant: Iterable[RegisteredKiosk]
    ) -> Iterator[KnownVenue]:
        """Return these venues, with those that kiosks of the file which are meant have."""
        of_file: dict[str, list[RegisteredKiosk]] = {}
        for one in meant:
            of_file.setdefault(one.venue_id, []).append(one)
        for venue_id in sorted({*planned, *of_file}):
            venue, also = planned.get(venue_id), of_file.get(venue_id, [])
            own = [
                self._planned(kiosk.kiosk_id, kiosk.kiosk_code)
                for kiosk in (() if venue is None else venue.kiosks)
                if kiosk.kiosk_id not in self.listed
            ]
            kiosks = sorted([*own, *map(self._of_file, also)], key=lambda one: one.kiosk_id)
            events = self.calendars.get(venue_id, CalendarRecord()).events
            spans = tuple(Span(one.begins, one.ends) for one in events)
            yield KnownVenue(venue or _unplanned(also[0]), tuple(kiosks), spans)

    def _planned(self, kiosk_id: str, kiosk_code: str) -> KnownKiosk:
        known = self.kiosks.get(kiosk_id)
        standing = Standing.EXPECTED if known is None else known.standing
        instance_id = None if known is None else known.instance_id
        leaving = known is not None and known.leaving_since is not None
        views = self._views(kiosk_id, standing, instance_id, leaving=leaving)
        if known is not None and standing is Standing.PENDING:
            views = replace(views, refused=known.refused)
        return KnownKiosk(kiosk_id, kiosk_code, standing, instance_id, views)

    def _of_file(self, one: RegisteredKiosk) -> KnownKiosk:
        views = self._views(one.kiosk_id, one.standing, one.instance_id, leaving=one.leaving)
        return KnownKiosk(one.kiosk_id, one.kiosk_code, one.standing, one.instance_id, views)

    def _views(
        self, kiosk_id: str, standing: Standing, instance_id: str | None, *, leaving: bool
    ) -> KioskViews:
        return KioskViews(
            kiosk_id,
            standing,
            leaving,
            self.seen.get(kiosk_id),
            None if instance_id is None else self.hosts.ecs(instance_id),
            None if instance_id is None else self.hosts.ssm(instance_id),
        )


def _unplanned(kiosk: RegisteredKiosk) -> Venue:
    """Return a venue of which the kiosks file alone knows: nobody said when it is open."""
    return Venue(venue_id=kiosk.venue_id, name=kiosk.venue_name, time_zone="UTC")
