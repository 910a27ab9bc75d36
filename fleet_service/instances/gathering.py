"""All that is known of all kiosks, read from the store."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from cloud_store.digests import digest_of
from cloud_store.port import Item, Key, Store
from cloud_store.records import Record
from cloud_store.workspace import key_of
from fleet_service.calendars.records import CalendarRecord
from fleet_service.heap import with_shared_names
from fleet_service.heartbeats.stored import SeenRecord
from fleet_service.instances.joining import Hosts, Joining, Known
from fleet_service.instances.ports import Changed, Source
from fleet_service.instances.records import (
    SWEEPS,
    WATCH,
    HostLookRecord,
    SweepRecord,
    WatchRecord,
)
from fleet_service.relay.records import PATH, PathRecord
from fleet_service.releases.watched import watched_moves
from fleet_service.sessions.ports import RegisteredKiosk
from fleet_service.venues.records import VENUES, DirectoryRecord, KioskRecord, VenueRecord

_R = TypeVar("_R", bound=Record)
_PAGE: Final = 500


@dataclass(slots=True)
class _Read:
    """What was read of venues and their kiosks, by their ids."""

    venues: dict[str, VenueRecord]
    kiosks: dict[str, KioskRecord]
    seen: dict[str, SeenRecord]
    calendars: dict[str, CalendarRecord]
    hosts: Hosts
    looked_for: set[str]
    """Kiosks whose reports were read, where there are any."""

    def kiosk_ids(self) -> set[str]:
        """Return the kiosks that venues have."""
        return {kiosk.kiosk_id for venue in self.venues.values() for kiosk in venue.kiosks}


@dataclass
class Gathering:
    """Reads everything again and again; what did not change is parsed once.

    `listed`: the kiosks of the kiosks file, which count where the store has them, too.
    """

    store: Store
    sources: Sequence[Source]
    listed: Callable[[], Collection[RegisteredKiosk]] = tuple
    _all: "_Read | None" = None
    """What was read of all, as it is now as far as `gather_again` was told."""
    _parsed: dict[Key, tuple[bytes, Record]] = field(default_factory=dict)
    _touched: dict[Key, tuple[bytes, Record]] = field(default_factory=dict)

    async def gather(self) -> Known:
        """Read all. Raises StoreError."""
        self._all = None
        listed = self._listed()
        read = await self._read(None, listed)
        self._parsed = self._touched
        self._all = read
        return await self._whole(read, listed)

    async def gather_again(self, changed: Changed) -> Known:
        """Return all as `gather` does, of which only what changed since then is read.

        Of what is not known yet all is read. Raises StoreError, and then all is to be read.
        """
        read, self._all = self._all, None
        if read is None:
            return await self.gather()
        self._touched, listed = self._parsed, self._listed()
        if changed.venue_ids:
            await self._read_venues(read, changed.venue_ids)
        of_venues = read.kiosk_ids()
        wanted = {*of_venues, *listed}
        # What is left of a kiosk that is nowhere any more would be old if it came again.
        _keep_only(read.kiosks, of_venues)
        _keep_only(read.seen, wanted)
        unknown = of_venues - read.kiosks.keys()
        await self._refresh(KioskRecord, read.kiosks, (changed.kiosk_ids & of_venues) | unknown)
        new = wanted - read.looked_for
        await self._refresh(SeenRecord, read.seen, (changed.kiosk_ids & wanted) | new)
        read.looked_for = wanted
        sweeps = await self._sweeps()
        for source, looks in read.hosts.looks.items():
            await self._refresh_looks(source, looks, changed.host_ids)
        read.hosts = Hosts(sweeps, read.hosts.looks)
        known = await self._whole(read, listed)
        self._all = read
        return known

    async def gather_some(self, venue_ids: Collection[str]) -> Known:
        """Read only what is known of some venues and their kiosks. Raises StoreError."""
        listed = self._listed()
        read = await self._read(venue_ids, listed)
        self._parsed = self._touched
        meant = [one for one in listed.values() if one.venue_id in venue_ids]
        return await self._joined(read, listed, meant)

    def _listed(self) -> dict[str, RegisteredKiosk]:
        return {one.kiosk_id: one for one in self.listed()}

    async def _read(
        self, venue_ids: Collection[str] | None, listed: Mapping[str, RegisteredKiosk]
    ) -> "_Read":
        self._touched = {}
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
        looked_for = {*kiosk_ids, *(one.kiosk_id for one in meant)}
        return _Read(venues, kiosks, seen, calendars, hosts, looked_for)

    async def _whole(self, read: "_Read", listed: Mapping[str, RegisteredKiosk]) -> Known:
        """Join all, and say what is watched of moves."""
        known = await self._joined(read, listed, listed.values())
        return replace(known, moves=await watched_moves(self.store, self._parse))

    async def _joined(
        self,
        read: "_Read",
        listed: Mapping[str, RegisteredKiosk],
        meant: Collection[RegisteredKiosk],
    ) -> Known:
        joining = Joining(read.kiosks, read.seen, read.hosts, listed, read.calendars)
        # In a thread: with thousands of kiosks others would wait for a good part of a second.
        known = await asyncio.to_thread(lambda: tuple(joining.venues(read.venues, meant)))
        watch = (await self._many(WatchRecord, [WATCH])).get(WATCH)
        path = (await self._many(PathRecord, [PATH])).get(PATH)
        return Known(known, read.hosts.sweeps, watch, path)

    async def _read_venues(self, read: "_Read", venue_ids: Collection[str]) -> None:
        """Read some venues again, and which there are."""
        there = {*await self._directory()}
        for gone in read.venues.keys() - there:
            del read.venues[gone]
            read.calendars.pop(gone, None)
        wanted = (there - read.venues.keys()) | ({*venue_ids} & there)
        await self._refresh(VenueRecord, read.venues, wanted)
        await self._refresh(CalendarRecord, read.calendars, wanted & read.venues.keys())

    async def _refresh(
        self, record_type: type[_R], found: dict[str, _R], ids: Collection[str]
    ) -> None:
        now = await self._many(record_type, ids)
        for one in ids:
            if one in now:
                found[one] = now[one]
            else:
                found.pop(one, None)
                self._parsed.pop(key_of(record_type, one), None)

    async def _refresh_looks(
        self, source: Source, looks: dict[str, HostLookRecord], host_ids: Collection[str]
    ) -> None:
        for some in _batches([*host_ids]):
            now = await self._looks(source, some)
            for one in some:
                if one in now:
                    looks[one] = now[one]
                else:
                    looks.pop(one, None)
                    self._parsed.pop(key_of(HostLookRecord, source.name, one), None)

    async def _directory(self) -> list[str]:
        items = [item async for item in self._items(DirectoryRecord, VENUES)]
        return [item.key.sk for item in items]

    async def _hosts(self, instance_ids: Collection[str | None] | None) -> Hosts:
        """Return what the sources have of some hosts; None: of all."""
        sweeps = await self._sweeps()
        looks = {source: await self._looks(source, instance_ids) for source in self.sources}
        return Hosts(sweeps, looks)

    async def _sweeps(self) -> dict[Source, SweepRecord | None]:
        found = {
            item.key.sk: self._parse(SweepRecord, item)
            async for item in self._items(SweepRecord, SWEEPS)
        }
        return {source: found.get(source.name) for source in self.sources}

    async def _looks(
        self, source: Source, instance_ids: Collection[str | None] | None
    ) -> dict[str, HostLookRecord]:
        if instance_ids is None:
            return {
                item.key.sk: self._parse(HostLookRecord, item)
                async for item in self._items(HostLookRecord, source.name)
            }
        wanted = [key_of(HostLookRecord, source.name, one) for one in {*instance_ids} if one]
        items = await self.store.get_many(wanted)
        there = [item for item in items if item is not None]
        return {item.key.sk: self._parse(HostLookRecord, item) for item in there}

    async def _items(self, record_type: type[Record], pk: str) -> Any:
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
        before, digest = self._parsed.get(item.key), digest_of(item.body)
        if before is not None and before[0] == digest and isinstance(before[1], record_type):
            self._touched[item.key] = before
            return before[1]
        # With thousands of kiosks the sets of field names alone would be 60 MB.
        record = with_shared_names(record_type.model_validate(item.body))
        self._touched[item.key] = digest, record
        return record


def _batches(ids: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(ids), _PAGE):
        yield ids[first : first + _PAGE]


def _keep_only(found: dict[str, Any], ids: Collection[str]) -> None:
    for gone in found.keys() - {*ids}:
        del found[gone]
