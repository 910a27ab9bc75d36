"""Whether people are expected at a venue: its opening hours and its events. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kiosk_contracts.venues import OpeningTimes, Venue, Weekday

BEFORE: Final = timedelta(minutes=30)
"""Kiosks are switched on so long before people come."""
AFTER: Final = timedelta(minutes=30)
"""And off so long after they went."""
_WEEK: Final = [*Weekday]


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to another."""

    begins: datetime
    ends: datetime

    def holds(self, at: datetime) -> bool:
        """Say whether `at` is in it, or so close that kiosks should be on."""
        return self.begins - BEFORE <= at < self.ends + AFTER


def is_open(venue: Venue, events: Sequence[Span], at: datetime) -> bool:
    """Say whether the kiosks of a venue are expected to be on.

    Where nobody said when it is open they always are: an outage is never taken for a closed door.
    """
    if not venue.opening_hours:
        return True
    return any(span.holds(at) for span in (*_around(venue, at), *events))


def _around(venue: Venue, at: datetime) -> Iterator[Span]:
    """Return the opening times of yesterday, today and tomorrow at the venue."""
    zone = ZoneInfo(venue.time_zone)
    today = at.astimezone(zone).date()
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        for times in venue.opening_hours:
            if _WEEK[day.weekday()] in times.days:
                yield _span(times, day, zone)


def _span(times: OpeningTimes, day: date, zone: ZoneInfo) -> Span:
    # By the clock on the wall: on a day when clocks change it is open an hour less or more.
    begins = datetime.combine(day, time.fromisoformat(times.opens), zone)
    until = day if times.closes > times.opens else day + timedelta(days=1)
    return Span(begins, datetime.combine(until, time.fromisoformat(times.closes), zone))
