"""What the ticket API keeps, as records: one model for each kind of docs/ticket-api-store.md.

Records know no store. A field that a newer version wrote is kept, as with every wire model.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from cloud_store.records import Record
from kiosk_contracts.allotments import Allotment, WriteOff, WriteOffResult
from kiosk_contracts.catalogue import Event, PriceList
from kiosk_contracts.gates import GateFeedEntry
from kiosk_contracts.ledger import GateSighting, LedgerEntry
from kiosk_contracts.money import Money
from kiosk_contracts.roster import RosterEntry
from kiosk_contracts.wire import WireModel


class VenueRecord(Record):
    """A venue and its events' ids."""

    store_kind: ClassVar[str] = "venue"
    name: str
    version: int
    event_ids: tuple[str, ...] = ()


class RosterRecord(Record):
    """Who may work at a venue."""

    store_kind: ClassVar[str] = "roster"
    version: int
    members: tuple[RosterEntry, ...]


class DirectoryRecord(Record):
    """That something exists, for operators' lists."""

    store_kind: ClassVar[str] = "directory"


class EventNoRecord(Record):
    """Which event has a number."""

    store_kind: ClassVar[str] = "event_no"
    event_id: str


class EventRecord(Event, Record):
    """An event, as catalogues show it."""

    store_kind: ClassVar[str] = "event"

    def as_event(self) -> Event:
        """Return the wire model."""
        return Event.model_validate(self.to_json())


class PriceListRecord(PriceList, Record):
    """A version of an event's prices."""

    store_kind: ClassVar[str] = "price_list"


def price_list_key(version: int) -> str:
    """Return the sort key of a version of an event's prices."""
    return f"{version:012d}"


class InventoryRecord(Record):
    """Places of a ticket type."""

    store_kind: ClassVar[str] = "inventory"
    capacity: int
    taken: int = 0
    """Leased and sold."""
    reserved: int = 0
    """Those of them that lie in sealed reserves."""


class Held(WireModel):
    """What one journal holds of a ticket type."""

    leased: int
    sealed: bool = False
    """Granted for a sealed reserve, and nothing else yet."""

    def changed(self, by: int) -> "Held":
        """Return it with so many more serials, or fewer."""
        return self.model_copy(update={"leased": self.leased + by})


class HoldingRecord(Record):
    """What a kiosk holds of a ticket type."""

    store_kind: ClassVar[str] = "holding"
    leased: int = 0
    """Unsold serials, in all journals."""
    journals: dict[str, Held] = Field(default_factory=dict)
    """By journal id; one that holds nothing is left out."""

    def with_journal(self, journal_id: UUID, held: Held) -> "HoldingRecord":
        """Return the holding with what a journal holds now."""
        before = self.journals.get(str(journal_id), Held(leased=0)).leased
        others = {key: one for key, one in self.journals.items() if key != str(journal_id)}
        journals = {**others, str(journal_id): held} if held.leased > 0 else others
        leased = self.leased + held.leased - before
        return self.model_copy(update={"leased": leased, "journals": journals})


class AllotmentState(StrEnum):
    """How far a grant has come."""

    PENDING = "pending"
    """Its places are taken; its serials are being written."""
    GRANTED = "granted"


class AllotmentRecord(Allotment, Record):
    """A grant as answered."""

    store_kind: ClassVar[str] = "allotment"
    asked: int
    kiosk_id: str
    state: AllotmentState

    def as_allotment(self) -> Allotment:
        """Return the answer, without what only the store needs."""
        return Allotment.model_validate(
            self.model_dump(mode="json", exclude={"asked", "kiosk_id", "state"})
        )


class JournalAllotmentRecord(Record):
    """That a journal was granted an allotment."""

    store_kind: ClassVar[str] = "journal_allotment"


class SerialState(StrEnum):
    """Where a serial stands."""

    LEASED = "leased"
    SOLD = "sold"
    VOIDED = "voided"
    REFUNDED = "refunded"
    RETURNED = "returned"
    WRITTEN_OFF = "written_off"


class SerialRecord(Record):
    """One ticket that was ever signed."""

    store_kind: ClassVar[str] = "serial"
    event_id: str
    ticket_type_id: str
    journal_id: UUID
    kiosk_id: str
    allotment_id: UUID
    granted_at: AwareDatetime
    price_list_version: int
    unit_price: Money
    state: SerialState
    txn_id: UUID | None = None
    """Of its sale."""
    sold_price: Money | None = None
    closed_by: UUID | None = None
    """The void, refund, return or write-off that closed it."""


class WriteOffRecord(WriteOff, Record):
    """An operator's write-off, for ever."""

    store_kind: ClassVar[str] = "write_off"
    kiosk_id: str
    at: AwareDatetime
    serials: tuple[str, ...]
    """What it set out to revoke."""
    result: WriteOffResult | None = None
    """What it revoked, once done."""


class JournalRecord(Record):
    """One journal: whose, how far, and counts."""

    store_kind: ClassVar[str] = "journal"
    kiosk_id: str
    epoch: int = 0
    sequence: int = 0
    hash: str
    first: int = 1
    """Where its numbers begin: 1, or in a later epoch the lowest that has come."""
    known: int = 0
    """Sequence numbers that have come."""
    settled: int = 0
    quarantined: int = 0
    unreadable: int = 0
    replays: int = 0
    kinds: dict[str, int] = Field(default_factory=dict)
    flags: dict[str, int] = Field(default_factory=dict)


class KioskRecord(Record):
    """What is known of a kiosk across its journals."""

    store_kind: ClassVar[str] = "kiosk"
    epoch: int = 0
    """The highest of any of its journals."""


class TransactionStatus(StrEnum):
    """What became of a transaction. Only SETTLED is final."""

    SETTLED = "settled"
    QUARANTINED = "quarantined"


class TransactionRecord(Record):
    """A transaction as it came, and its judgement."""

    store_kind: ClassVar[str] = "transaction"
    journal_id: UUID
    kiosk_id: str
    epoch: int
    sequence: int
    kind: str
    envelope: dict[str, Any]
    payload: dict[str, Any]
    personal: dict[str, Any] | None
    status: TransactionStatus
    code: str
    detail: str
    hint: str
    flags: tuple[str, ...]
    received_at: AwareDatetime
    settled_at: AwareDatetime | None
    replays: int = 0
    attention: str | None = None
    """Sort key of its entry among what a person should look at."""
    voided_by: UUID | None = None
    """The void that came while this sale was quarantined: the sale never counts."""


class SequenceRecord(Record):
    """Which transaction has a place in a journal."""

    store_kind: ClassVar[str] = "sequence"
    txn_id: UUID
    hash: str
    prev_hash: str


class ReceiptRecord(Record):
    """That a transaction has a receipt number, by the number and the txn_id."""

    store_kind: ClassVar[str] = "receipt"


class KioskJournalRecord(Record):
    """That a journal is a kiosk's, by the kiosk and the journal."""

    store_kind: ClassVar[str] = "kiosk_journal"


class TakingsRecord(Record):
    """Tickets of a type that one journal sold and gave back, and the money.

    One for each journal (ADR 52): journals that sell the same type at once write nothing together.
    """

    store_kind: ClassVar[str] = "takings"
    sold: int = 0
    voided: int = 0
    refunded: int = 0
    gross: str
    """E.g. `123.00 EUR`."""

    def money(self) -> Money:
        """Return `gross` as an amount."""
        amount, currency = self.gross.split(" ")
        return Money.model_validate({"amount": amount, "currency": currency})

    def plus(self, other: "TakingsRecord") -> "TakingsRecord":
        """Return both added up, in this one's currency."""
        amount, currency = self.gross.split(" ")
        # Not Money: a season's total may be larger than any one amount.
        gross = Decimal(amount) + Decimal(other.gross.split(" ")[0])
        return TakingsRecord(
            sold=self.sold + other.sold,
            voided=self.voided + other.voided,
            refunded=self.refunded + other.refunded,
            gross=f"{gross} {currency}",
        )


def takings_key(ticket_type_id: str, journal_id: UUID) -> str:
    """Return the sort key of what a journal has taken of a ticket type of an event."""
    return f"{ticket_type_id}/{journal_id}"


class AdmissionRecord(Record):
    """A ticket at the gates of an event."""

    store_kind: ClassVar[str] = "admission"
    first: GateSighting
    last: GateSighting
    """The admission that stands: the first one heard of since the holder last left."""
    inside: bool
    conflicts: tuple[GateSighting, ...] = ()


class FeedRecord(GateFeedEntry, Record):
    """One fact for gates."""

    store_kind: ClassVar[str] = "feed"


class FeedHeadRecord(Record):
    """The last cursor of a venue's feed."""

    store_kind: ClassVar[str] = "feed_head"
    cursor: int = 0


class AttentionRecord(LedgerEntry, Record):
    """What a person should look at."""

    store_kind: ClassVar[str] = "attention"


class RawRecord(Record):
    """An item that could not be kept as a transaction, as it came."""

    store_kind: ClassVar[str] = "raw"
    item: str
    """JSON as text."""
    reason: str
    detail: str
    txn_id: UUID | None
    kiosk_id: str
    received_at: AwareDatetime
