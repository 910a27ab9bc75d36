"""What gates sync while there is a line: keys, revocations, admissions elsewhere."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from kiosk_contracts.ids import EventId, KioskId
from kiosk_contracts.serials import Serial
from kiosk_contracts.wire import WireModel


class VerifyKey(WireModel):
    """A public key that ticket codes are, were or will be signed with."""

    key_id: int = Field(ge=1, le=65535)
    public_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """32 bytes of Ed25519, hexadecimal."""
    published_at: AwareDatetime
    signs_from: AwareDatetime
    """At least the longest offline time after `published_at`, except for the first key."""


class KeySet(WireModel):
    """All keys that gates need to know."""

    keys: tuple[VerifyKey, ...]


class GateFact(StrEnum):
    """What happened to a serial."""

    REVOKED = "revoked"
    ADMITTED = "admitted"
    EXITED = "exited"


class GateFeedEntry(WireModel):
    """One fact that gates want to know."""

    cursor: int
    fact: str
    """A GateFact; skip one that is unknown."""
    serial: Serial
    event_id: EventId
    at: AwareDatetime
    gate: str = ""
    kiosk_id: KioskId | None = None
    reason: str = ""


class GateFeed(WireModel):
    """Facts of a venue after a cursor, oldest first."""

    entries: tuple[GateFeedEntry, ...]
    next_cursor: int
    """Ask again after this one."""
    more: bool
    """Whether entries are left beyond this page."""
