"""What may be said of all kiosks at one moment. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from fleet_service.instances.joining import Known, KnownKiosk, KnownVenue
from fleet_service.instances.judging import judge
from fleet_service.instances.opening import is_open
from fleet_service.instances.ports import Source
from fleet_service.instances.records import SweepRecord
from fleet_service.instances.states import Assessment
from fleet_service.instances.views import LOOK_SPEAKS, REPORT_SPEAKS
from fleet_service.relay.records import PathRecord
from fleet_service.releases.watched import WatchedMoves
from kiosk_contracts.venues import Venue


@dataclass(frozen=True, slots=True)
class JudgedKiosk:
    """A kiosk and what may be said of it."""

    kiosk: KnownKiosk
    venue: Venue
    assessment: Assessment

    @property
    def place(self) -> str:
        """Return where it stands in lists: by venue, then by id."""
        return f"{self.venue.venue_id}/{self.kiosk.kiosk_id}"


@dataclass(frozen=True, slots=True)
class JudgedVenue:
    """A venue and what may be said of its kiosks."""

    venue: Venue
    is_open: bool
    kiosks: tuple[JudgedKiosk, ...]


@dataclass(frozen=True)
class Snapshot:
    """All of them."""

    at: datetime
    venues: tuple[JudgedVenue, ...]
    sweeps: Mapping[Source, SweepRecord | None] = field(default_factory=dict)
    listening_since: datetime | None = None
    """Since when this service listens without a gap; None: nobody knows."""
    path: PathRecord | None = None
    """When the service last got through to the ticket API; None: no task ever tried."""
    moves: WatchedMoves = field(default_factory=WatchedMoves)
    """Of kiosks to releases; none where only some venues were looked at."""
    position: str = ""
    """Where a stream of changes begins that misses nothing since."""

    @property
    def kiosks(self) -> Iterator[JudgedKiosk]:
        """Return every kiosk, by venue and id."""
        return (kiosk for venue in self.venues for kiosk in venue.kiosks)

    @cached_property
    def in_order(self) -> Sequence[JudgedKiosk]:
        """Return every kiosk by its place in lists, sorted once for all who ask for pages."""
        return sorted(self.kiosks, key=lambda one: one.place)

    @property
    def listened(self) -> bool:
        """Say whether who was silent lately would have been heard."""
        return listened(self.listening_since, self.at)

    def is_fresh(self, source: Source) -> bool:
        """Say whether what a source said says something of now."""
        sweep = self.sweeps.get(source)
        if sweep is None or sweep.looked_at is None:
            return False
        return self.at - sweep.looked_at <= LOOK_SPEAKS


def listened(since: datetime | None, at: datetime) -> bool:
    """Say whether a service that listens since then would have heard all reports."""
    return since is not None and at - since >= REPORT_SPEAKS


def judged_all(known: Known, at: datetime) -> Snapshot:
    """Judge every kiosk."""
    since = None if known.watch is None else known.watch.since
    heard = listened(since, at)
    venues = tuple(_venue(one, at, listened=heard) for one in known.venues)
    return Snapshot(at, venues, known.sweeps, since, known.path, known.moves)


def _venue(known: KnownVenue, at: datetime, *, listened: bool) -> JudgedVenue:
    opened = is_open(known.venue, known.events, at)
    kiosks = []
    for kiosk in known.kiosks:
        neighbours = [one.views for one in known.kiosks if one is not kiosk]
        said = judge(kiosk.views, neighbours, is_open=opened, now=at)
        if not listened and not kiosk.views.is_heard(at):
            said = replace(said, unknown=(_NOT_LISTENED, *said.unknown))
        kiosks.append(JudgedKiosk(kiosk, known.venue, said))
    return JudgedVenue(known.venue, opened, tuple(kiosks))


_NOT_LISTENED = "whether it reports: the fleet service has listened for less than 90 s"
