"""Shifts over the UI socket: opening, cash in and out, closing, X and Z reports."""

from typing import Annotated, Self

from pydantic import AwareDatetime, Field, SecretStr, StringConstraints, model_validator

from kiosk_contracts.cancelled import CancelledPayments
from kiosk_contracts.cash import CountedPieces, worth
from kiosk_contracts.ids import EventId, ShiftId, StaffId, TicketTypeId, TxnId
from kiosk_contracts.money import Money
from kiosk_contracts.selling import Recorded
from kiosk_contracts.text import PlainText
from kiosk_contracts.wire import WireModel

Reason = Annotated[PlainText, Field(min_length=1)]


class OpenShift(WireModel):
    """Open a shift at this kiosk's drawer."""

    txn_id: TxnId
    opening_float: Money
    taken_over_from: ShiftId | None = None
    """The closed shift whose drawer goes on, counted as `opening_float`."""


class MoveCash(WireModel):
    """Put cash into the drawer, or take it out, other than by a sale or what undoes one."""

    txn_id: TxnId
    amount: Money
    reason: Reason
    approval_pin: SecretStr | None = None
    """A manager's, where cash is taken out and no manager is signed in."""


class CloseShift(WireModel):
    """Count the drawer and close the shift."""

    txn_id: TxnId
    counted: Money
    pieces: tuple[CountedPieces, ...] = ()
    """What was counted, by value; empty if only the sum was."""
    reason: PlainText = ""
    """Why the drawer is over or short, as far as anybody knows."""
    approval_pin: SecretStr | None = None
    """A manager's, where it is over or short by more than the limit."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        values = [one.value.amount for one in self.pieces]
        if len(set(values)) != len(values):
            msg = "each value of notes and coins stands in one line"
            raise ValueError(msg)
        if self.pieces and worth(self.pieces, self.counted.currency) != self.counted:
            msg = "the notes and coins are not worth what was counted"
            raise ValueError(msg)
        return self


class MethodSum(WireModel):
    """What was taken and given back by one way of paying."""

    method: str
    taken: Money
    given_back: Money


class TypeSum(WireModel):
    """Tickets of one type that were sold at one price, and undone."""

    event_id: EventId
    event_name: str
    """Empty if the kiosk does not know the event any more; so the type's."""
    ticket_type_id: TicketTypeId
    ticket_type_name: str
    reduced_by: str = ""
    """The name of the concession or price rule that it was sold by; empty: at the list's price."""
    unit_price: Money
    sold: int
    undone: int
    """Voided or refunded in this shift, whoever sold them."""


class OpenRefund(WireModel):
    """A refund of this shift whose money was not given back: no figure has it."""

    receipt_number: Annotated[str, StringConstraints(max_length=60)]
    total: Money
    decision: str
    """A RefundDecision."""


class TakenOver(WireModel):
    """The shift whose drawer went on in another, as its cashier left it."""

    shift_id: ShiftId
    staff_name: str = ""
    """Empty where its report cannot be read any more; so what was counted."""
    counted: Money | None = None


class ShiftReport(WireModel):
    """The figures of a shift: an X report while it runs, its Z report once it is closed."""

    shift_id: ShiftId
    staff_id: StaffId
    staff_name: str
    venue_name: str
    kiosk_code: str
    opened_at: AwareDatetime
    at: AwareDatetime
    """Of when the figures are: when it was closed, for a Z report."""
    is_closed: bool
    sales: int
    voids: int
    refunds: int
    """Refunds whose money was given back in this shift, whoever asked for them, and when."""
    first_receipt: Annotated[str, StringConstraints(max_length=60)] = ""
    last_receipt: Annotated[str, StringConstraints(max_length=60)] = ""
    by_method: tuple[MethodSum, ...]
    by_type: tuple[TypeSum, ...]
    cancelled: CancelledPayments | None = None
    """None where no payment was cancelled after money was taken."""
    opening_float: Money
    paid_in: Money
    paid_out: Money
    expected_cash: Money
    """Float, cash of sales and paid in, less cash given back and paid out."""
    counted: Money | None = None
    over_short: Money | None = None
    """Counted less expected."""
    pieces: tuple[CountedPieces, ...] = ()
    reason: str = ""
    approved_by: StaffId | None = None
    approved_by_name: str = ""
    """Empty where nobody had to."""
    closed_by: StaffId | None = None
    """Who counted and closed it, where that was not its cashier but a manager."""
    closed_by_name: str = ""
    taken_over: TakenOver | None = None
    """Whose drawer it was before; None if it began with a drawer of its own."""
    approval_above: Money | None = None
    """While it runs: a count that is over or short by more needs a manager."""
    open_refunds: tuple[OpenRefund, ...] = ()
    """Asked for in this shift and not given back: none of their money is in these figures."""
    unreadable: tuple[int, ...] = ()
    """Sequence numbers of damaged transactions since it opened: the figures may lack them."""


class ReportExported(WireModel):
    """A report stands in files now."""

    folder: str
    """On the venue host."""
    files: tuple[str, ...]
    """Their names there."""


class ShiftSummary(WireModel):
    """One shift of a list."""

    shift_id: ShiftId
    staff_id: StaffId
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None
    """None while it is open."""
    staff_name: str = ""
    closed_by_name: str = ""
    """Of the manager who closed it in its cashier's place."""
    over_short: Money | None = None
    """Of its Z report; None while it is open, or where that cannot be read."""


class ShiftList(WireModel):
    """Shifts of this kiosk's journal, the newest first."""

    shifts: tuple[ShiftSummary, ...]


class ShiftClosed(Recorded):
    """The shift is closed; its Z report."""

    report: ShiftReport


class ClosedDrawer(WireModel):
    """The drawer as the last shift left it, for whoever takes it over."""

    shift_id: ShiftId
    staff_name: str
    closed_at: AwareDatetime
    counted: Money


class Drawer(WireModel):
    """What is known of this kiosk's drawer."""

    last_closed: ClosedDrawer | None
    """None if nobody closed one, or a shift was opened since."""
