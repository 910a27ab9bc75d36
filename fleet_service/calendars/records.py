"""What the fleet service keeps of a venue's events."""

from typing import ClassVar

from pydantic import AwareDatetime

from cloud_store.records import Record
from kiosk_contracts.wire import WireModel


class EventTimes(WireModel):
    """When people are expected for an event."""

    event_id: str
    begins: AwareDatetime
    ends: AwareDatetime


class CalendarRecord(Record):
    """A venue's events, by the venue's id; those of its last catalogue that were not over."""

    store_kind: ClassVar[str] = "calendar"
    events: tuple[EventTimes, ...] = ()
