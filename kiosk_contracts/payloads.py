"""What each kind of transaction says. The payload is hashed; personal data stays outside it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field

from kiosk_contracts.cancelled import CancelledPayments
from kiosk_contracts.cash import CountedPieces
from kiosk_contracts.ids import (
    AllotmentId,
    EventId,
    ReceiptNumber,
    Sha256,
    ShiftId,
    StaffId,
    TicketTypeId,
    TxnId,
)
from kiosk_contracts.money import Money
from kiosk_contracts.serials import Serial
from kiosk_contracts.stamps import Stamp
from kiosk_contracts.tender import TenderLine
from kiosk_contracts.text import PlainName, PlainText
from kiosk_contracts.wire import WireModel

MAX_TICKETS_PER_LINE: Final = 20
MAX_TICKETS_PER_SALE: Final = 40

Quantity = Annotated[int, Field(strict=True, ge=1, le=MAX_TICKETS_PER_LINE)]


class TransactionKind(StrEnum):
    """The kinds of transaction that this version knows."""

    SALE = "sale"
    VOID = "void"
    REFUND = "refund"
    ADMISSION = "admission"
    EXIT = "exit"
    RETURN_OF_STOCK = "return_of_stock"
    SHIFT_OPENED = "shift_opened"
    SHIFT_PAID_IN = "shift_paid_in"
    SHIFT_PAID_OUT = "shift_paid_out"
    SHIFT_CLOSED = "shift_closed"


class Payload(WireModel):
    """What every kind says: who recorded it, in which shift, when."""

    cashier_id: StaffId
    shift_id: ShiftId | None = None
    """None only where no drawer is involved: at a gate, or a return of stock."""
    recorded: Stamp


class SaleLine(WireModel):
    """Tickets of one type at one price: the list's, or by one concession, or by one price rule."""

    event_id: EventId
    ticket_type_id: TicketTypeId
    price_list_version: int = Field(ge=1)
    """Of the list price, which came with the lease."""
    unit_price: Money
    """What was paid for each."""
    concession_id: str = ""
    rule_id: str = ""
    rules_version: int | None = None
    """Of the price list whose concessions and rules the kiosk went by; None: by none."""
    serials: Annotated[tuple[Serial, ...], Field(min_length=1)]
    """As many as there are: a cart's limits are rules for selling, not for what was sold."""


class SalePayload(Payload):
    """Serials that left the stock for money."""

    receipt_number: ReceiptNumber
    lines: Annotated[tuple[SaleLine, ...], Field(min_length=1)]
    total: Money
    tender: Annotated[tuple[TenderLine, ...], Field(min_length=1)]
    personal_hash: Sha256 | None = None
    """Salted hash of the buyer's personal data, see `personal.py`."""
    approved_by: StaffId | None = None
    """The manager who agreed to giving tickets away; None where nothing was."""

    def serials(self) -> tuple[str, ...]:
        """Return the serials of all lines, in order."""
        return tuple(serial for line in self.lines for serial in line.serials)


class VoidPayload(Payload):
    """A sale undone at the kiosk that made it, before it settled."""

    receipt_number: ReceiptNumber
    sale_txn_id: TxnId
    serials: tuple[Serial, ...]
    total: Money
    """What was given back."""
    tender: tuple[TenderLine, ...]
    reason: PlainText
    approved_by: StaffId


class RefundPayload(Payload):
    """Tickets of a settled sale given back for money, with a line.

    It asks: the ticket API decides, and the money leaves the drawer by a `shift_paid_out` later.
    """

    receipt_number: ReceiptNumber
    sale_txn_id: TxnId
    serials: Annotated[tuple[Serial, ...], Field(min_length=1)]
    total: Money
    tender: tuple[TenderLine, ...]
    reason: PlainText
    approved_by: StaffId


class AdmissionPayload(Payload):
    """A ticket used at a gate."""

    serial: Serial
    event_id: EventId
    gate: PlainName
    by_hand: bool = False
    """Whether the serial was typed instead of scanned."""
    approved_by: StaffId | None = None
    """The manager who let them in though the gate could not judge the ticket."""
    reason: PlainText | None = None
    """Why they did."""


class ExitPayload(Payload):
    """A ticket holder who left and may come back."""

    serial: Serial
    event_id: EventId
    gate: PlainName


class ReturnOfStockPayload(Payload):
    """Serials given back unsold, removed from stock in the commit that records this."""

    allotment_id: AllotmentId
    event_id: EventId
    ticket_type_id: TicketTypeId
    serials: Annotated[tuple[Serial, ...], Field(min_length=1)]
    reason: PlainText


class ShiftOpenedPayload(Payload):
    """A cashier took a drawer, with a float in it."""

    shift_id: ShiftId
    opening_float: Money
    taken_over_from: ShiftId | None = None
    """The closed shift whose drawer it is, if it went on."""


class ShiftPaidInPayload(Payload):
    """Cash put into the drawer other than by a sale."""

    shift_id: ShiftId
    amount: Money
    reason: PlainText


class ShiftPaidOutPayload(Payload):
    """Cash taken out of the drawer; what a settled refund gives back is such a one, too."""

    shift_id: ShiftId
    amount: Money
    """The cash; 0 where a refund went back to a card alone."""
    reason: PlainText
    approved_by: StaffId | None = None
    refund_txn_id: TxnId | None = None
    """The refund whose money this is; each is given back once."""
    tender: tuple[TenderLine, ...] = ()
    """How a refund was given back, all of it."""


class ShiftClosedPayload(Payload):
    """The drawer counted: the figures of the Z report."""

    shift_id: ShiftId
    expected: Money
    counted: Money
    over_short: Money
    """Counted less expected."""
    pieces: tuple[CountedPieces, ...] = ()
    reason: PlainText = ""
    approved_by: StaffId | None = None
    cancelled: CancelledPayments | None = None
    """None where no payment was cancelled after money was taken."""


class UnknownPayload(WireModel):
    """The payload of a kind that a newer peer knows; kept whole, understood by nobody here."""


PAYLOAD_TYPES: Final[Mapping[TransactionKind, type[Payload]]] = {
    TransactionKind.SALE: SalePayload,
    TransactionKind.VOID: VoidPayload,
    TransactionKind.REFUND: RefundPayload,
    TransactionKind.ADMISSION: AdmissionPayload,
    TransactionKind.EXIT: ExitPayload,
    TransactionKind.RETURN_OF_STOCK: ReturnOfStockPayload,
    TransactionKind.SHIFT_OPENED: ShiftOpenedPayload,
    TransactionKind.SHIFT_PAID_IN: ShiftPaidInPayload,
    TransactionKind.SHIFT_PAID_OUT: ShiftPaidOutPayload,
    TransactionKind.SHIFT_CLOSED: ShiftClosedPayload,
}


def parse_payload(kind: str, payload: Mapping[str, Any]) -> Payload | UnknownPayload:
    """Read a payload of `kind`; an unknown kind gives UnknownPayload with every field kept.

    Raises pydantic's ValidationError if the kind is known and the payload does not fit it.
    """
    try:
        known = TransactionKind(kind)
    except ValueError:
        return UnknownPayload.model_validate(dict(payload))
    return PAYLOAD_TYPES[known].model_validate(dict(payload))
