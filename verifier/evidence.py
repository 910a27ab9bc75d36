"""The evidence as values: what the journals, the ticket API's store and the terminals hold."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
TypeKey = tuple[str, str]
"""(event_id, ticket_type_id)"""
PriceLists = Mapping[tuple[str, int], Json]
"""Every version of every event's prices, by (event_id, version)."""


class EvidenceError(Exception):
    """Evidence is missing, unreadable or still in use, so nothing can be judged."""


@dataclass(frozen=True, slots=True)
class Row:
    """One transaction in a journal."""

    kiosk_id: str
    journal_id: str
    sequence: int
    txn_id: str
    epoch: int
    kind: str
    receipt_number: str | None
    envelope: Json
    payload: Json
    answer: Json
    recorded_at: datetime
    offline: bool
    state: str
    settled_at: datetime | None
    outcome: Json
    untouched: bool
    """Whether the payload still has the hash that the envelope sealed."""

    @property
    def name(self) -> str:
        """How findings call it, e.g. `HB1's #23 (sale)`."""
        return f"{self.kiosk_id} #{self.sequence} ({self.kind.replace('_', ' ')})"


@dataclass(frozen=True, slots=True)
class StockItem:
    """One leased serial in a journal."""

    serial: str
    type_key: TypeKey
    state: str
    cart_txn_id: str | None


@dataclass(frozen=True, slots=True)
class Run:
    """One life of an agent process."""

    started_at: datetime
    stopped_at: datetime | None


@dataclass(frozen=True, slots=True)
class LineChange:
    """The agent noted that the line went or came."""

    at: datetime
    online: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One upload of a stretch of the journal."""

    started_at: datetime
    ended_at: datetime
    first_sequence: int
    last_sequence: int
    answered: bool


@dataclass(frozen=True, slots=True)
class GivenBack:
    """One line of what was taken of a payment that was cancelled, and given back."""

    method: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class CancelledPayment:
    """A payment that was cancelled after money was taken."""

    shift_id: str
    """Empty where nobody knows it."""
    given_back: tuple[GivenBack, ...]


@dataclass(frozen=True, slots=True)
class Journal:
    """One kiosk's journal file."""

    kiosk_id: str
    journal_id: str
    meta: Mapping[str, str]
    rows: Sequence[Row]
    """In order of their sequence."""
    stock: Mapping[str, StockItem]
    runs: Sequence[Run]
    line_changes: Sequence[LineChange]
    attempts: Sequence[Attempt]
    cancelled: Sequence[CancelledPayment]


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction in the ticket API's ledger."""

    txn_id: str
    kiosk_id: str
    journal_id: str
    sequence: int
    kind: str
    envelope: Json
    payload: Json
    status: str
    code: str
    detail: str
    flags: tuple[str, ...]
    received_at: datetime
    replays: int

    @property
    def settled(self) -> bool:
        """Whether the ticket API has it for good."""
        return self.status == "settled"

    @property
    def name(self) -> str:
        """How findings call it."""
        return f"{self.kiosk_id} #{self.sequence} ({self.kind.replace('_', ' ')})"


@dataclass(frozen=True, slots=True)
class IssuedSerial:
    """A serial that the ticket API granted."""

    serial: str
    type_key: TypeKey
    journal_id: str
    state: str


@dataclass(frozen=True, slots=True)
class Takings:
    """What the ticket API counted for one ticket type."""

    sold: int
    voided: int
    refunded: int
    gross: tuple[Decimal, str]


@dataclass(frozen=True, slots=True)
class House:
    """One ticket type: names, places, and the inventory's own figures."""

    event_name: str
    type_name: str
    capacity: int
    """Places that the catalogue states."""
    inventory_capacity: int
    taken: int


@dataclass(frozen=True, slots=True)
class AdmissionRecord:
    """What the ticket API knows of one ticket at an event's gates."""

    event_id: str
    serial: str
    first: Json
    conflicts: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class KeptItem:
    """An item that could not stand as a transaction and was kept as it came."""

    journal_id: str
    txn_ids: frozenset[str]
    """Those that stand in it, however broken the rest is."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ticket API's store."""

    entries: Sequence[Entry]
    serials: Mapping[str, IssuedSerial]
    houses: Mapping[TypeKey, House]
    takings: Mapping[TypeKey, Takings]
    admissions: Mapping[TypeKey, AdmissionRecord]
    """By (event_id, serial)."""
    heads: Mapping[str, tuple[int, str]]
    """(sequence, hash) by journal id."""
    kept: Sequence[KeptItem]
    price_lists: PriceLists
    roles: Mapping[str, Mapping[str, str]]
    """Who may do what, by venue id and staff id; a venue without a roster is not there."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An acknowledgement as a terminal showed it, each time that it appeared."""

    kiosk_id: str
    sequence: int
    kind: str
    reference: str
    """Receipt number, serial or amount of cash; empty where the kind has none."""
    offline: bool
    times: tuple[tuple[datetime, datetime], ...]
    """For each appearance, the earliest and the latest moment at which it can have begun."""

    @property
    def name(self) -> str:
        """How findings call it."""
        reference = f" {self.reference}" if self.reference else ""
        return f"{self.kiosk_id} #{self.sequence} ({self.kind.replace('_', ' ')}{reference})"


@dataclass(frozen=True, slots=True)
class Terminals:
    """What all terminals showed."""

    kiosks: frozenset[str]
    acknowledgements: Sequence[Shown]
    refusals: Sequence[tuple[str, str]]
    """(kiosk_id, title), once for each appearance."""
    handed_over: frozenset[tuple[str, str, str]]
    """(kiosk_id, receipt number, ten-character word) that stood on one screen."""
    garbled: Sequence[tuple[str, str]]
    """(kiosk_id, text) that begins like an acknowledgement and isn't one."""
    z_reports: Mapping[tuple[str, int], Mapping[str, AbstractSet[str]]]
    """By (kiosk_id, sequence of the closing): each figure that was shown, with all its values."""
    x_reports: Sequence[tuple[str, str]]
    """(kiosk_id, amount that should be in the drawer), each time that it changed."""
    let_pass: Mapping[str, int]
    """Green verdicts at each kiosk's gate."""
    stopped: Mapping[str, int]
    """Amber and red ones."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the verifier judges by."""

    journals: Sequence[Journal]
    ledger: Ledger
    terminals: Terminals

    def rows(self, *kinds: str) -> Iterator[Row]:
        """Yield the journals' transactions, all or of some kinds."""
        for journal in self.journals:
            yield from (row for row in journal.rows if not kinds or row.kind in kinds)

    def entries_by_txn(self) -> dict[str, list[Entry]]:
        """Return the ledger's transactions by id; more than one under an id is an error."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.ledger.entries:
            found[entry.txn_id].append(entry)
        return found
