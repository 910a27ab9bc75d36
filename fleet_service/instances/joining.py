"""What is known of each kiosk, put together from what was read. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from fleet_service.calendars.records import CalendarRecord
from fleet_service.heartbeats.stored import SeenRecord
from fleet_service.instances.opening import Span
from fleet_service.instances.ports import ECS, SSM, Source
from fleet_service.instances.records import HostLookRecord, SweepRecord, WatchRecord
from fleet_service.instances.views import EcsView, KioskViews, SsmView
from fleet_service.relay.records import PathRecord
from fleet_service.releases.watched import WatchedMoves
from fleet_service.sessions.ports import RegisteredKiosk
from fleet_service.venues.records import KioskRecord, VenueRecord
from kiosk_contracts.venues import Standing, Venue


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
class Hosts:
    """What the sources have, by source and host."""

    sweeps: Mapping[Source, SweepRecord | None]
    looks: Mapping[Source, dict[str, HostLookRecord]]

    def ecs(self, instance_id: str) -> EcsView | None:
        """Return what ECS said of a host."""
        found = self._of(ECS, instance_id)
        return None if found is None else found[1].as_ecs(found[0])

    def ssm(self, instance_id: str) -> SsmView | None:
        """Return what Systems Manager said of a host."""
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


@dataclass(slots=True)
class Joining:
    """Puts together what is known of each kiosk."""

    kiosks: Mapping[str, KioskRecord]
    seen: Mapping[str, SeenRecord]
    hosts: Hosts
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
