"""From a catalogue to a calendar. Pure."""

from datetime import datetime, timedelta
from typing import Final

from fleet_service.calendars.records import CalendarRecord, EventTimes
from kiosk_contracts.catalogue import Catalogue, Event, EventState

BEFORE: Final = timedelta(hours=2)
"""The box office opens so long before an event begins."""
AFTER: Final = timedelta(hours=3)
"""An event lasts so long, as far as anybody knows."""
LONGEST: Final = timedelta(hours=12)
"""Sales of one that has begun may go on for so long at most."""
MOST_EVENTS: Final = 1000


def calendar_of(catalogue: Catalogue, now: datetime) -> CalendarRecord:
    """Return when people are expected, by a venue's catalogue."""
    times = [_times(event) for event in catalogue.events if event.state == EventState.ON_SALE]
    coming = sorted((one for one in times if one.ends > now), key=lambda one: one.begins)
    return CalendarRecord(events=tuple(coming[:MOST_EVENTS]))


def _times(event: Event) -> EventTimes:
    latest = min(event.sales_close_at, event.starts_at + LONGEST)
    return EventTimes(
        event_id=event.event_id,
        begins=event.starts_at - BEFORE,
        ends=max(event.starts_at + AFTER, latest),
    )
