"""Finding a ticket at a gate that nobody can scan: by receipt number or buyer's name."""

from pydantic import Field

from kiosk_contracts.serials import Serial
from kiosk_contracts.wire import WireModel


class GateNow(WireModel):
    """A gate's event as this kiosk knows it."""

    inside: int = Field(ge=0)
    """How many this kiosk knows to be inside."""


class GateCandidate(WireModel):
    """A ticket of a sale of this kiosk, and what the gate would say of it."""

    serial: Serial
    event_name: str
    ticket_type_name: str
    receipt_number: str
    buyer: str = ""
    verdict: str
    """A Verdict: GREEN would let them in."""
    why: str = ""
    """Why it is not green, in a few words."""


class GateCandidates(WireModel):
    """Tickets that fit what was typed; of this kiosk's own sales alone, those to let in first."""

    candidates: tuple[GateCandidate, ...]
    more: bool = False
    """Whether there are more than these: type more of it."""
