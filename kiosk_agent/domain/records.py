"""What the journal keeps, as values that rules decide by."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue, ValidationError

from kiosk_agent.domain.refusals import record_unreadable
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.money import Money
from kiosk_contracts.payloads import Payload, UnknownPayload
from kiosk_contracts.personal import PersonalData
from kiosk_contracts.quarantine import HandedOver
from kiosk_contracts.tender import TenderLine
from kiosk_contracts.transactions import Transaction
from kiosk_contracts.uploads import ItemOutcome


@dataclass(frozen=True, slots=True)
class JournalIdentity:
    """Which journal this is, and whose."""

    journal_id: UUID
    epoch: int
    kiosk_id: str
    kiosk_code: str
    """Empty until the fleet service has told it; a kiosk without one has nothing to sell."""
    venue_id: str
    venue_name: str


@dataclass(frozen=True, slots=True)
class StockItem:
    """One leased serial."""

    serial: str
    code: str
    allotment_id: UUID
    event_id: str
    ticket_type_id: str
    price_list_version: int
    unit_price: Money
    state: str
    """`available`, `held` (in a cart), `sold`, `returned`, `revoked`, or `frozen`: of an earlier
    journal, so that nobody knows whether it was sold."""
    cart_txn_id: UUID | None


@dataclass(frozen=True, slots=True)
class Lease:
    """An allotment as asked for and, once answered, granted."""

    request_id: UUID
    event_id: str
    ticket_type_id: str
    quantity: int
    asked_at: datetime
    asked_boottime_ms: int
    asked_boot_id: str
    allotment_id: UUID | None
    """None: asked, not answered yet. Repeat the same request id until it is."""
    lease_s: int | None
    limited_by: str = ""
    """Why less was granted than asked for, in the ticket API's word; empty if it was not."""


@dataclass(frozen=True, slots=True)
class AllotmentStock:
    """What is left of one allotment, for one ticket type."""

    allotment_id: UUID
    event_id: str
    ticket_type_id: str
    available: int
    held: int
    """In carts."""


@dataclass(frozen=True, slots=True)
class TicketPrice:
    """What one ticket of a cart costs, as the customer was told."""

    serial: str
    unit_price: Money
    concession_id: str = ""
    rule_id: str = ""
    rules_version: int | None = None
    """Of the price list whose concessions and rules it was priced by; None: by none."""


@dataclass(frozen=True, slots=True)
class StoredCart:
    """A cart on disk; its serials are the stock items held for it."""

    txn_id: UUID
    state: str
    """A CartState."""
    cashier_id: str
    opened_at: datetime
    hold_boot_id: str
    hold_ends_boottime_ms: int
    taken: tuple[TenderLine, ...] = ()
    """What was taken of its payment so far."""
    prices: tuple[TicketPrice, ...] = ()
    """Of its tickets; one that has none costs its list price."""


@dataclass(frozen=True, slots=True)
class CancelledPayment:
    """Money that was taken of a cart's payment and given back, since no sale came of it."""

    txn_id: UUID
    """The cart's; of one cart there may be several."""
    shift_id: UUID | None
    """The open shift of the cart's cashier, whose drawer the money was in; None if they had none,
    which only a salvage brings about."""
    cashier_id: str
    given_back_by: str
    approved_by: str | None
    """The manager who agreed, where one had to."""
    at: datetime
    taken: tuple[TenderLine, ...]
    """At least one line, and nothing but money."""


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """What a service wants recorded; the journal adds sequence, chain and state."""

    txn_id: UUID
    kind: str
    payload: dict[str, Any]
    """JSON form, without `receipt_number`; the journal adds it if `numbered`."""
    numbered: bool
    """Whether it takes the next receipt number (sale, void, refund)."""
    personal: PersonalData | None = None
    request_hash: str = ""
    """Canonical hash of the request that caused it, to tell a repeat from another payload."""
    depends_on: UUID | None = None
    """The transaction that must settle first (a void's sale)."""
    offline: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands where a transaction was recorded, if its text was damaged since."""

    raw: JsonValue
    """The value of envelope and payload, or their text where that is not even JSON.

    It goes to the ticket API as it is and is kept there for good, so it has no personal data.
    """

    def to_json(self) -> JsonValue:
        """Return what is sent in the transaction's place."""
        return self.raw


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A transaction as the journal has it."""

    sequence: int
    txn_id: UUID
    kind: str
    transaction: Transaction | Unreadable
    state: JournalState
    receipt_number: str | None
    recorded_at: datetime
    offline: bool
    request_hash: str
    answer: dict[str, Any] | None
    """The first answer given for it, to give again."""
    depends_on: UUID | None
    attempts: int
    first_refused_at: datetime | None
    """Since when the far side keeps asking for a retry; parking counts from here."""
    settled_at: datetime | None
    outcome: ItemOutcome | None
    """The far side's last judgement of it."""
    handed_over: HandedOver | None = None
    """Who handed it over while it was quarantined, if anybody did."""

    def readable(self) -> Transaction:
        """Return the transaction; ProblemError `journal_damaged` if it can't be read any more."""
        if isinstance(self.transaction, Unreadable):
            raise record_unreadable()
        return self.transaction

    def read_payload(self) -> Payload | UnknownPayload:
        """Return what was done; ProblemError `journal_damaged` if nobody can tell any more."""
        try:
            return self.readable().read_payload()
        except ValidationError as error:
            raise record_unreadable() from error


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A transaction on its way to the ticket API.

    It goes by its sequence: a damaged one may name no txn_id, or another's.
    """

    sequence: int
    journal_id: UUID
    """The journal that it is of; a batch never mixes journals."""
    item: JsonValue
    """A Transaction's JSON form, or what is left of it."""
    bytes: int
    """About how many it takes in a batch."""
    first_refused_at: datetime | None
    """As in JournalRow."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many transactions stand where."""

    by_state: dict[JournalState, int]
    last_sequence: int
    oldest_unsent_at: datetime | None
    handed_over: int = 0
    """Of the quarantined ones: how many were handed over."""


@dataclass(frozen=True, slots=True)
class GateKnowledge:
    """All that this kiosk knows of one serial at one event's gates."""

    revoked_reason: str | None
    last_fact: str | None
    """`admitted` or `exited`, whichever came last; None: never at a gate."""
    last_gate: str
    last_at: datetime | None
    sold_here: StockItem | None


@dataclass(frozen=True, slots=True)
class ShiftRecord:
    """One cashier's time at the drawer, as the journal keeps it."""

    shift_id: UUID
    staff_id: str
    opened_at: datetime
    opened_sequence: int
    """Of the transaction that opened it; 0 where an earlier version did not note it."""
    closed_at: datetime | None
    closed_sequence: int | None
    """Of the transaction that closed it: its answer has the Z report."""
