"""What the fleet service keeps of alarms."""

from datetime import datetime, timedelta
from typing import ClassVar, Final

from pydantic import AwareDatetime

from cloud_store.records import Record

NOW: Final = "now"
"""The partition of what is wrong now, or was a moment ago."""
PAST: Final = "past"
"""The partition of what is over, the newest first."""
SILENCES: Final = "silences"
_FAR: Final = 10**11
"""Seconds; later than any time that is written here."""


class AlarmRecord(Record):
    """One cause, from when it was first seen until it was gone for a while; by its id.

    Written when something in it changed, not with each look.
    """

    store_kind: ClassVar[str] = "alarm"
    venue_id: str = ""
    kiosk_id: str = ""
    cause: str
    words: str
    move_id: str = ""
    release: str = ""
    seen_since: AwareDatetime
    opened_at: AwareDatetime | None = None
    """None: it has not lasted long enough for anybody to be called."""
    gone_since: AwareDatetime | None = None
    """When it was no longer seen; it may come again. None: it is there."""
    returned: int = 0
    """How often it came again since."""
    closed_at: AwareDatetime | None = None
    acknowledged_at: AwareDatetime | None = None
    acknowledged_by: str = ""
    note: str = ""


class SilenceRecord(Record):
    """Nobody is to be called for something until then, by SILENCES and its scope.

    The scope is an alarm's id, or `venue:` and a venue's. It outlives the alarm: what comes and
    goes would call people again otherwise.
    """

    store_kind: ClassVar[str] = "silence"
    until: AwareDatetime
    reason: str
    by: str
    made_at: AwareDatetime


PAST_KEPT: Final = timedelta(days=90)


def past_key(closed_at: datetime, alarm_id: str) -> str:
    """Return where a closed alarm stands: lists go upwards, and the newest comes first."""
    return f"{_FAR - int(closed_at.timestamp()):012d} {alarm_id}"


def scopes_of(alarm_id: str, venue_id: str) -> tuple[str, ...]:
    """Return by which scopes an alarm is silenced."""
    return (alarm_id, venue_scope(venue_id)) if venue_id else (alarm_id,)


def venue_scope(venue_id: str) -> str:
    """Return the scope of all that is a venue's."""
    return f"venue:{venue_id}"
