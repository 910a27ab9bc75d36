"""What the fleet service keeps of venues and kiosks."""

from collections.abc import Mapping
from typing import ClassVar, Final

from pydantic import AwareDatetime, Field

from cloud_store.records import Record
from kiosk_contracts.kiosks import FormerHost
from kiosk_contracts.venues import Setting, Standing, Venue

VENUES: Final = "venues"
"""The partition of the directory that lists all venues."""


class VenueRecord(Venue, Record):
    """A venue, by its id."""

    store_kind: ClassVar[str] = "venue"


class DirectoryRecord(Record):
    """That something exists, for lists."""

    store_kind: ClassVar[str] = "directory"


class KioskRecord(Record):
    """A kiosk, by its id."""

    store_kind: ClassVar[str] = "kiosk"
    kiosk_code: str
    venue_id: str
    standing: Standing
    instance_id: str | None = None
    refused: str = ""
    """Of a pending one: which host last asked to be it and is not, and why."""
    served: bool = False
    """Whether a host has been the kiosk: receipts may have its code then."""
    leaving_since: AwareDatetime | None = None
    """When operators asked it to leave."""
    written_off: str = ""
    """Why operators have given up what is on its disk, if they have."""
    settings: Mapping[str, Setting] = Field(default_factory=dict)
    """Of the agent: with which its last host was enrolled."""
    former: tuple[FormerHost, ...] = ()
    """Hosts that were replaced, so that they can be told; the newest last."""


class CodeRecord(Record):
    """Which kiosk has a code, by the code. Receipt numbers begin with it."""

    store_kind: ClassVar[str] = "kiosk_code"
    kiosk_id: str
