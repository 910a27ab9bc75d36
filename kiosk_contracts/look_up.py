"""Finding a sale again over the UI socket: by receipt, ticket or name."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from kiosk_contracts.ids import EventId, TicketTypeId
from kiosk_contracts.kiosk_status import TransactionRow
from kiosk_contracts.money import Money
from kiosk_contracts.serials import Serial
from kiosk_contracts.wire import WireModel


class FoundBy(StrEnum):
    """How a text that was looked for was understood."""

    RECEIPT = "receipt"
    TICKET = "ticket"
    NAME = "name"


class TicketStanding(StrEnum):
    """What a sold ticket is worth, as far as this kiosk knows."""

    VALID = "valid"
    USED = "used"
    """Somebody went in with it; also if they left again."""
    REFUND_ASKED = "refund_asked"
    REFUNDED = "refunded"
    VOIDED = "voided"
    REVOKED = "revoked"
    """Worth nothing for another reason."""


class AfterSale(StrEnum):
    """What can be done with a sale now."""

    VOID = "void"
    REFUND = "refund"


class FoundTicket(WireModel):
    """A ticket of a sale that was found."""

    serial: Serial
    event_id: EventId
    event_name: str
    """The id, if the kiosk does not know the event any more; so the type's."""
    ticket_type_id: TicketTypeId
    ticket_type_name: str
    unit_price: Money
    reduced_by: str = ""
    """The name of the concession or price rule that it was sold by, if it was."""
    standing: str
    """A TicketStanding."""
    gate: str = ""
    """Where it was used last."""
    at: AwareDatetime | None = None
    """When."""


class FoundSale(WireModel):
    """A sale of this kiosk's journal."""

    sale: TransactionRow
    buyer: str = ""
    tickets: tuple[FoundTicket, ...]
    can: tuple[str, ...] = ()
    """AfterSale: what makes sense now."""
    why_not: str = ""
    """In words, where nothing can be done, or not now."""
    archived: bool = False
    """Whether it went to an archive: names are not kept there."""


class FoundSales(WireModel):
    """Sales that fit what was looked for, newest first; of this kiosk's own journal alone."""

    text: str
    found_by: tuple[str, ...]
    """FoundBy: how the text was understood."""
    sales: tuple[FoundSale, ...]
    next_before: int | None = None
    """Ask for `?before=` this sequence for older ones; None at the end."""
    unreadable: int = Field(default=0, ge=0)
    """Sales that fit and cannot be shown: damaged, or their archive is out of reach."""
