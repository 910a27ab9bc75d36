"""Reports as they come. Most of a kiosk's say what its last one said, at another time."""

import re
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from fleet_service.heartbeats.last_seen import Gist, LastSeen
from kiosk_contracts.heartbeats import Heartbeat

_DEVICE_TIME: Final = re.compile(rb'"device_time"\s*:\s*"([0-9T:.Z+-]{10,40})"')
_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(AwareDatetime)


class Figures(NamedTuple):
    """What a report says that is looked at each time."""

    queued: int
    parked: int
    quarantined: int
    handed_over: int
    left: bool
    in_buckets: bytes


class Report(NamedTuple):
    """What a kiosk reported of itself, and when by its own clock."""

    kiosk_id: str
    figures: Figures
    device_time: datetime
    told: Callable[[], LastSeen]
    """Returns all that is kept of it, as of its own time; that is needed where it is news."""
    mark: bytes = b""
    """The same of reports that differ by their time alone; empty where that is not known."""

    def gist(self, at: datetime, leaving_since: datetime | None) -> Gist:
        """Return what tells whether it is news, if it came at `at` by our clock."""
        return Gist(at, leaving_since, self._ahead(at), self.figures.in_buckets)

    def seen(self, at: datetime, leaving_since: datetime | None) -> LastSeen:
        """Return what is kept of it."""
        return self.told().told_at(at, self._ahead(at), leaving_since)

    def _ahead(self, at: datetime) -> int:
        return round((self.device_time - at).total_seconds())


def report_of(heartbeat: Heartbeat) -> Report:
    """Return a heartbeat as a report."""
    told = LastSeen.of(heartbeat, heartbeat.device_time)
    figures = Figures(
        heartbeat.queued,
        heartbeat.parked,
        heartbeat.quarantined,
        heartbeat.handed_over,
        heartbeat.left,
        told.in_buckets,
    )
    return Report(heartbeat.kiosk_id, figures, heartbeat.device_time, lambda: told)


class KnownReports:
    """Remembers of each kiosk what it sent last, so that the same need not be read again.

    A report is the same if all its bytes are but those of `device_time`, whose text has nothing
    that ends it or begins anything else: whatever was found of those bytes is true of them again.
    Digests are kept, not bytes, for there are thousands of kiosks.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[bytes, Figures]] = {}
        """By kiosk; only those with a session get here, which bounds it."""

    def recall(self, kiosk_id: str, body: bytes, whole: Callable[[], Heartbeat]) -> Report | None:
        """Return what a body says, if that is known of the last one; `whole` reads it in full."""
        known = self._known.get(kiosk_id)
        if known is None:
            return None
        found = _DEVICE_TIME.search(body)
        if found is None or _mark(body, found) != known[0]:
            return None
        at = _moment(found)
        # Of a time that is none, whoever reads it in full says what is wrong with it.
        if at is None:
            return None
        return Report(kiosk_id, known[1], at, lambda: LastSeen.of(whole(), at), known[0])

    def remember(self, body: bytes, report: Report) -> Report:
        """Keep what was read of a body in full; return the report, marked if it can be."""
        self._known.pop(report.kiosk_id, None)
        found = _DEVICE_TIME.search(body)
        # Another member of that name may stand further in, or count instead of this one.
        if (
            found is not None
            and _moment(found) == report.device_time
            and body.count(b"device_time") == 1
        ):
            mark = _mark(body, found)
            self._known[report.kiosk_id] = mark, report.figures
            return report._replace(mark=mark)
        return report


def _mark(body: bytes, found: re.Match[bytes]) -> bytes:
    """Return a digest of all but the time; where that stands is in it, too."""
    begin, end = found.span(1)
    # One that is padded before the time is another than one that is padded behind it.
    return sha256(b"%d:%b%b" % (begin, body[:begin], body[end:])).digest()


def _moment(found: re.Match[bytes]) -> datetime | None:
    try:
        return _MOMENT.validate_python(found[1].decode("ascii"))
    except ValidationError:
        return None
