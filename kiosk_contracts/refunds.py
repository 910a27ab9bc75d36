"""Refunds over the UI socket: asked for, decided by the ticket API, and given back."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, SecretStr

from kiosk_contracts.ids import ReceiptNumber, StaffId, TxnId
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import MAX_TICKETS_PER_SALE
from kiosk_contracts.selling import Recorded
from kiosk_contracts.serials import Serial
from kiosk_contracts.tender import TenderLine
from kiosk_contracts.text import PlainText
from kiosk_contracts.wire import WireModel


class RefundDecision(StrEnum):
    """Where a refund stands. Money leaves the drawer at GIVE_BACK alone."""

    ASKING = "asking"
    """The ticket API has not decided: no money."""
    GIVE_BACK = "give_back"
    """It settled: the tickets are worth nothing any more, the money is the customer's."""
    GIVEN = "given"
    """The money was given back, once."""
    REFUSED = "refused"
    """The ticket API refuses it: no money. `why` says why."""


class MakeRefund(WireModel):
    """Ask for tickets of a settled sale to be taken back."""

    txn_id: TxnId
    sale_txn_id: TxnId
    serials: Annotated[tuple[Serial, ...], Field(min_length=1, max_length=MAX_TICKETS_PER_SALE)]
    reason: Annotated[PlainText, Field(min_length=1)]
    approval_pin: SecretStr | None = None
    """A manager's PIN, where the person signed in may not do it alone."""


class RefundRecorded(Recorded):
    """A refund is on disk and goes to the ticket API; it decides, and until then no money."""

    receipt_number: ReceiptNumber
    sale_receipt_number: ReceiptNumber
    serials: tuple[Serial, ...]
    total: Money
    tender: tuple[TenderLine, ...]


class RefundStanding(WireModel):
    """A refund, and what is to be done about it now."""

    txn_id: TxnId
    sequence: int
    receipt_number: ReceiptNumber
    sale_txn_id: TxnId
    serials: tuple[Serial, ...]
    total: Money
    tender: tuple[TenderLine, ...]
    """How it is given back."""
    reason: str
    cashier_id: StaffId
    recorded_at: AwareDatetime
    decision: str
    """A RefundDecision."""
    state: str
    """A JournalState: why it is not decided yet."""
    why: str = ""
    """In words, where it is refused or set aside."""
    hint: str = ""


class Refunds(WireModel):
    """Refunds that somebody waits for: not decided, or with money to give back. Newest first."""

    refunds: tuple[RefundStanding, ...]


class GiveBack(WireModel):
    """The money of a settled refund leaves the drawer of the person who says so."""

    txn_id: TxnId
    """Of the transaction `shift_paid_out` that records it."""
    tender: tuple[TenderLine, ...] | None = None
    """What was given, where it differs in form from what the refund says; the sums are its own."""


class GivenBack(Recorded):
    """The money was given back."""

    refund_txn_id: TxnId
    total: Money
    tender: tuple[TenderLine, ...]
