"""One kiosk as operators see it: who its host is, how it stands, whether it may go."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from kiosk_contracts.enrolment import HostId
from kiosk_contracts.ids import JournalId, VenueId
from kiosk_contracts.images import ImageReport
from kiosk_contracts.repairs import HostRepair
from kiosk_contracts.text import PlainText
from kiosk_contracts.ui_report import UiReport
from kiosk_contracts.update_lock import UpdateLock
from kiosk_contracts.venues import KioskStanding
from kiosk_contracts.wire import WireModel


class KioskGrant(WireModel):
    """To whom the kiosk's name was granted."""

    activation_id: str
    granted_at: AwareDatetime
    host_id: HostId
    """To which machine."""


class KioskSeen(WireModel):
    """The kiosk's last report."""

    seen_at: AwareDatetime
    agent_version: str
    journal_id: JournalId
    queued: int
    parked: int
    quarantined: int
    refunds_to_give: tuple[str, ...] = ()
    """Refunds whose money nobody has given back, in words."""
    fresh: bool = True
    """Whether it is recent enough to say something of now: 90 s."""
    left: bool
    """It records nothing any more, and nothing would be lost with its disk."""
    left_at: int | None = None
    """The sequence of its last transaction, if it has left."""
    why_not_left: tuple[str, ...] = ()
    images: tuple[ImageReport, ...] = ()
    """How the images stand that it is to have ahead of their release."""
    repairs: tuple[HostRepair, ...] = ()
    """What was mended on its host lately, the oldest first."""
    ui: UiReport | None = None
    """Which kiosk UI is on its screen, and which images crash there."""
    update_lock: UpdateLock | None = None
    """Until its end the kiosk's screen moves to no other image."""


class FormerHost(WireModel):
    """A host that was the kiosk, until it was replaced."""

    instance_id: str | None
    journal_id: JournalId | None = None
    """The journal of its last report."""


class KioskDetail(KioskStanding):
    """A kiosk of a venue, with all that the fleet service knows of it."""

    venue_id: VenueId
    venue_name: str
    grant: KioskGrant | None = None
    leaving_since: AwareDatetime | None = None
    """When operators asked it to leave."""
    written_off: str = ""
    """Why operators have given up what is on its disk, if they have."""
    seen: KioskSeen | None = None
    """None: its host has not reported yet."""
    former: tuple[FormerHost, ...] = ()
    """Hosts that were replaced, the newest last; the oldest are forgotten."""


class WriteOffKiosk(WireModel):
    """Operators give up a kiosk that can't be drained, with what is on its disk."""

    reason: Annotated[PlainText, Field(min_length=1)]
    risk_accepted: bool
    """Must be true: whoever ordered it has read the risk."""
