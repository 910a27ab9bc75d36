"""Carts, sales and voids over the UI socket."""

from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field, SecretStr, model_validator

from kiosk_contracts.ids import (
    ConcessionId,
    EventId,
    ReceiptNumber,
    StaffId,
    TicketTypeId,
    TxnId,
)
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import MAX_TICKETS_PER_SALE, Quantity
from kiosk_contracts.personal import Buyer
from kiosk_contracts.serials import Serial
from kiosk_contracts.tender import TenderLine
from kiosk_contracts.text import PlainText
from kiosk_contracts.wire import WireModel

MAX_TENDER_LINES: Final = 10
"""Parts that one payment may have."""


class CartState(StrEnum):
    """Where a cart stands. CLOSED: its sale is in the journal."""

    OPEN = "open"
    PAYMENT_STARTED = "payment_started"
    CLOSED = "closed"
    EXPIRED = "expired"


class WantedLine(WireModel):
    """So many tickets of a type, at its price or by a concession."""

    event_id: EventId
    ticket_type_id: TicketTypeId
    concession_id: ConcessionId | Literal[""] = ""
    quantity: Quantity


class PutCart(WireModel):
    """Set a cart's whole content; an empty list releases what it held."""

    lines: tuple[WantedLine, ...]

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if sum(line.quantity for line in self.lines) > MAX_TICKETS_PER_SALE:
            msg = f"one sale has at most {MAX_TICKETS_PER_SALE} tickets"
            raise ValueError(msg)
        types = {(line.event_id, line.ticket_type_id, line.concession_id) for line in self.lines}
        if len(types) != len(self.lines):
            msg = "a ticket type stands in one line of a cart, and in one for each concession"
            raise ValueError(msg)
        return self


class TakenSoFar(WireModel):
    """What was taken of a payment so far: all of its parts, each time."""

    taken: Annotated[tuple[TenderLine, ...], Field(max_length=MAX_TENDER_LINES - 1)]


class FreeCart(WireModel):
    """Release a cart for good, whoever opened it and however far its payment came."""

    approval_pin: SecretStr | None = None
    """A manager's, where it is another person's and no manager is signed in."""


class CartLine(WireModel):
    """A line with the serials that the cart holds for it. A line splits where prices differ."""

    event_id: EventId
    event_name: str
    ticket_type_id: TicketTypeId
    ticket_type_name: str
    price_list_version: int
    unit_price: Money
    list_price: Money | None = None
    """What each costs without concession and rule; None from an agent that knows neither."""
    concession_id: str = ""
    rule_id: str = ""
    reduced_by: str = ""
    """The name of that concession or rule, if the price is by one."""
    serials: tuple[Serial, ...]


class Cart(WireModel):
    """A cart as the agent keeps it; it survives the UI and the agent."""

    txn_id: TxnId
    state: str
    """A CartState."""
    cashier_id: StaffId
    """Who opened it; the UI goes on with it for this person alone."""
    cashier_name: str = ""
    """In a list of carts; the id where the roster has them no more."""
    lines: tuple[CartLine, ...]
    total: Money
    taken: tuple[TenderLine, ...] = ()
    """What was taken of its payment so far; its sale's tender has these and the rest."""
    hold_ends_in_s: int | None
    """Seconds until the serials go back by themselves; None once payment has started."""
    opened_at: AwareDatetime


class Carts(WireModel):
    """Carts that are neither closed nor expired."""

    carts: tuple[Cart, ...]


class MakeSale(WireModel):
    """Close the cart of the same txn_id with a sale."""

    txn_id: TxnId
    total: Money
    """What the customer was told; it must be the cart's total."""
    tender: Annotated[tuple[TenderLine, ...], Field(min_length=1, max_length=MAX_TENDER_LINES)]
    buyer: Buyer | None = None
    approval_pin: SecretStr | None = None
    """A manager's, where tickets are given away and no manager is signed in."""


class Recorded(WireModel):
    """A transaction is on disk: the answer 201 on the UI socket, for every kind."""

    txn_id: TxnId
    kind: str
    sequence: int
    recorded_at: AwareDatetime
    offline: bool
    """Whether the line was down at that moment."""
    replayed: bool = False
    """The same request was answered before; this is the first answer again."""


class SoldTicket(WireModel):
    """A ticket to hand over."""

    serial: Serial
    code: str
    """The text of its QR code, 121 characters."""
    event_id: EventId
    event_name: str
    ticket_type_name: str
    unit_price: Money
    list_price: Money | None = None
    concession_id: str = ""
    rule_id: str = ""
    reduced_by: str = ""
    """As in a cart's line; so the three before."""
    starts_at: AwareDatetime


class SaleRecorded(Recorded):
    """A sale is on disk; the tickets are valid."""

    receipt_number: ReceiptNumber
    total: Money
    tender: tuple[TenderLine, ...]
    tickets: tuple[SoldTicket, ...]


class MakeVoid(WireModel):
    """Undo a sale of this kiosk that has not settled."""

    txn_id: TxnId
    sale_txn_id: TxnId
    reason: Annotated[PlainText, Field(min_length=1)]
    approval_pin: SecretStr | None = None
    """A manager's PIN, where the person signed in is not one."""


class VoidRecorded(Recorded):
    """A void is on disk; the tickets no longer admit."""

    receipt_number: ReceiptNumber
    sale_receipt_number: ReceiptNumber
    serials: tuple[Serial, ...]
    total: Money
    tender: tuple[TenderLine, ...]


class OfferedConcession(WireModel):
    """A concession that a cashier may choose for a ticket type."""

    concession_id: ConcessionId
    name: str
    proof: str
    """What to ask for; empty: nothing."""
    unit_price: Money


class CatalogueType(WireModel):
    """A ticket type as this kiosk can sell it now."""

    ticket_type_id: TicketTypeId
    name: str
    unit_price: Money
    left: int = Field(ge=0)
    """Serials in this kiosk's stock that no cart holds."""
    selling: bool
    why_not: str = ""
    """In words for staff, if it does not sell: sold out here, lease ended, cancelled."""
    concessions: tuple[OfferedConcession, ...] = ()


class CatalogueEvent(WireModel):
    """An event as this kiosk can sell and admit it now."""

    event_id: EventId
    name: str
    starts_at: AwareDatetime
    state: str
    ticket_types: tuple[CatalogueType, ...]


class KioskCatalogue(WireModel):
    """The events of this kiosk's venue, soonest first."""

    venue_name: str
    events: tuple[CatalogueEvent, ...]
