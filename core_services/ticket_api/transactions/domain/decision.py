"""What a judgement says: whether a transaction settles, and what then changes.

Effects are plain data. The service applies them; the rules only name them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from core_services.ticket_api.records import (
    AdmissionRecord,
    EventRecord,
    InventoryRecord,
    PriceListRecord,
    SequenceRecord,
    SerialRecord,
    TransactionRecord,
)
from kiosk_contracts.gates import GateFact
from kiosk_contracts.ledger import GateConflict
from kiosk_contracts.money import Money
from kiosk_contracts.transactions import Transaction


@dataclass(frozen=True, slots=True)
class Asker:
    """The kiosk that sends, as its token says."""

    kiosk_id: str
    venue_id: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What operators have set."""

    lease_margin: timedelta
    clock_tolerance: timedelta


@dataclass(frozen=True, slots=True)
class Known:
    """What the store has of everything that a transaction touches, and nothing else."""

    asker: Asker
    rules: Rules
    now: datetime
    previous: TransactionRecord | None = None
    """What is kept under the same txn_id."""
    place: SequenceRecord | None = None
    """Who has the same sequence number."""
    before: SequenceRecord | None = None
    after: SequenceRecord | None = None
    sale: TransactionRecord | None = None
    """The sale that a void or refund names."""
    serials: dict[str, SerialRecord] = field(default_factory=dict)
    events: dict[str, EventRecord] = field(default_factory=dict)
    inventories: dict[tuple[str, str], InventoryRecord] = field(default_factory=dict)
    """By event and ticket type."""
    price_lists: dict[tuple[str, int], PriceListRecord] = field(default_factory=dict)
    """By event and version: those that a sale was priced by."""
    admissions: dict[tuple[str, str], AdmissionRecord] = field(default_factory=dict)
    """By event and serial."""


@dataclass(frozen=True, slots=True)
class Case:
    """A transaction before its judge."""

    transaction: Transaction
    known: Known

    @property
    def txn_id(self) -> UUID:
        """The transaction's id."""
        return self.transaction.envelope.txn_id

    @property
    def journal_id(self) -> UUID:
        """The journal that it comes from."""
        return self.transaction.envelope.journal_id


@dataclass(frozen=True, slots=True)
class SerialBecomes:
    """A serial's record is now this."""

    serial: str
    record: SerialRecord


@dataclass(frozen=True, slots=True)
class PlacesTaken:
    """So many more (or fewer) places of a ticket type are taken."""

    event_id: str
    ticket_type_id: str
    change: int


@dataclass(frozen=True, slots=True)
class HeldByKiosk:
    """So many more (or fewer) unsold serials are with a journal of a kiosk."""

    kiosk_id: str
    journal_id: UUID
    event_id: str
    ticket_type_id: str
    change: int


@dataclass(frozen=True, slots=True)
class Takings:
    """Tickets that a journal sold or gave back, and the money that came or went (negative)."""

    journal_id: UUID
    event_id: str
    ticket_type_id: str
    money: Money
    sold: int = 0
    voided: int = 0
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class TellGates:
    """Gates of a venue should know of this."""

    venue_id: str
    fact: GateFact
    serial: str
    event_id: str
    at: datetime
    gate: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AdmissionBecomes:
    """A ticket's record at the gates of an event is now this."""

    event_id: str
    serial: str
    record: AdmissionRecord


@dataclass(frozen=True, slots=True)
class SaleNeverCounts:
    """A quarantined sale was voided: whenever it comes again, it settles and counts nothing."""

    sale_txn_id: UUID
    voided_by: UUID


Effect = (
    SerialBecomes
    | PlacesTaken
    | HeldByKiosk
    | Takings
    | TellGates
    | AdmissionBecomes
    | SaleNeverCounts
)


@dataclass(frozen=True, slots=True)
class Settle:
    """It counts, for good."""

    flags: tuple[str, ...] = ()
    detail: str = ""
    effects: tuple[tuple[Effect, ...], ...] = ()
    """In groups: a group is written together. Started over, groups that happened are left out."""
    all_together: bool = False
    """Whether all groups must happen in one commit."""
    conflict: GateConflict | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """It can't be true, so a person must look."""

    code: str
    detail: str
    hint: str
    keep_raw: bool = False
    """Whether it may not stand under its txn_id, and is kept aside as it came."""


@dataclass(frozen=True, slots=True)
class Later:
    """It can't be told yet."""

    code: str
    detail: str
    hint: str
    retry_after_s: int


@dataclass(frozen=True, slots=True)
class Again:
    """It was settled before: the first answer, again."""

    first: TransactionRecord


Decision = Settle | Refuse | Later | Again
