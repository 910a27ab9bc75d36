"""Alarms as operators see, acknowledge and silence them."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from kiosk_contracts.text import PlainText
from kiosk_contracts.wire import WireModel


class Silence(WireModel):
    """Nobody is to be called until then."""

    scope: str
    """An alarm's id, or `venue:` and a venue's."""
    until: AwareDatetime
    reason: str
    by: str
    made_at: AwareDatetime


class Alarm(WireModel):
    """One cause, wherever it shows."""

    alarm_id: str
    """`VENUE.KIOSK.CAUSE`; `-` where it is of no kiosk, or of no venue, alone."""
    venue_id: str = ""
    kiosk_id: str = ""
    cause: str
    words: str
    move_id: str = ""
    """The move that it is about; empty: none."""
    release: str = ""
    """The release that it is about; empty: none."""
    runbook: str
    """What to do: `docs/runbooks/<cause>.md`."""
    opened_at: AwareDatetime
    last_seen: AwareDatetime
    """When it was last there."""
    gone_since: AwareDatetime | None = None
    """It is not there any more, and closes ten minutes after this unless it comes again."""
    returned: int = 0
    """How often it came again."""
    closed_at: AwareDatetime | None = None
    acknowledged_at: AwareDatetime | None = None
    acknowledged_by: str = ""
    note: str = ""
    silence: Silence | None = None
    """In force."""


class AlarmPage(WireModel):
    """Alarms by id, or closed ones, the newest first."""

    alarms: tuple[Alarm, ...]
    next_after: str | None
    """What to ask behind for the next page; None at the end."""


class AcknowledgeAlarm(WireModel):
    """Somebody sees to it."""

    note: PlainText = ""


class SetSilence(WireModel):
    """Call nobody until then, in place of the silence before."""

    until: AwareDatetime
    """Within seven days."""
    reason: Annotated[PlainText, Field(min_length=1)]


class SilenceList(WireModel):
    """All that are in force."""

    silences: tuple[Silence, ...]
