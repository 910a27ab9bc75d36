"""Whole fleets as the fleet service judges them, made by hand."""

from collections.abc import Mapping
from datetime import timedelta

from fleet_service.instances.joining import Known, KnownKiosk, KnownVenue
from fleet_service.instances.ports import Source
from fleet_service.instances.records import SweepRecord, WatchRecord
from fleet_service.instances.snapshot import Snapshot, judged_all
from fleet_service.instances.views import KioskViews
from fleet_service.relay.records import PathRecord
from fleet_service.releases.watched import WatchedMoves
from kiosk_contracts.venues import OpeningTimes, Venue, Weekday
from tests.support.fleet_views import NOW

CLOSED = (OpeningTimes(days=(Weekday.MONDAY,), opens="10:00", closes="11:00"),)
"""NOW is a Thursday."""


def hall(venue_id: str, *kiosks: KioskViews, hours: tuple[OpeningTimes, ...] = ()) -> KnownVenue:
    """Return a venue, open unless its hours say otherwise; ids begin with the venue's."""
    known = tuple(
        KnownKiosk(f"{venue_id}-{one.kiosk_id}", f"K{number}", one.standing, None, one)
        for number, one in enumerate(kiosks)
    )
    venue = Venue(venue_id=venue_id, name=venue_id, time_zone="UTC", opening_hours=hours)
    return KnownVenue(venue, known)


def snapshot(
    *venues: KnownVenue,
    sweeps: Mapping[Source, SweepRecord | None] | None = None,
    listening: timedelta = timedelta(hours=1),
    path: PathRecord | None = None,
    moves: WatchedMoves = WatchedMoves(),  # noqa: B008  frozen
) -> Snapshot:
    """Return all of them, judged at NOW."""
    watch = WatchRecord(looked_at=NOW, since=NOW - listening)
    return judged_all(Known(venues, sweeps or {}, watch, path, moves), NOW)
