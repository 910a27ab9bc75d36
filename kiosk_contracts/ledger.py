"""The ticket API's ledger, as operators and dashboards read it."""

from uuid import UUID

from pydantic import AwareDatetime

from kiosk_contracts.ids import EventId, JournalId, KioskId, TicketTypeId, VenueId
from kiosk_contracts.money import Money
from kiosk_contracts.wire import WireModel


class LedgerLine(WireModel):
    """One ticket type of one event: places and takings."""

    venue_id: VenueId
    event_id: EventId
    event_name: str
    ticket_type_id: TicketTypeId
    ticket_type_name: str
    capacity: int
    taken: int
    """Leased to kiosks or sold."""
    sold: int
    voided: int
    refunded: int
    gross: Money
    """What was taken for them, voids and refunds taken off."""


class LedgerJournal(WireModel):
    """What the ticket API has from one journal."""

    journal_id: JournalId
    kiosk_id: KioskId
    epoch: int
    sequence: int
    """The highest that is known."""
    missing: int
    """How many sequence numbers from the journal's first up to that one are not known to have come
    (a journal of a later epoch begins with the lowest that has come). An item whose envelope
    could not be read either may be one of them; it is told in `attention`. Below zero: more was
    recorded than there are numbers, so something counts twice; the ledger says so, not fails."""
    settled: int
    quarantined: int
    """What waits for a person: transactions, and items kept as they came that are not merely
    another copy of a transaction of this journal. With `settled`, what the journal has sent."""
    unreadable: int
    """Items kept as they came: unreadable, or under a known id with another content."""
    replays: int
    unsold: int = 0
    """Serials leased to it and not known to be sold, of all events."""
    frozen: int = 0
    """Those of them that its kiosk no longer sells: it goes on in a journal of a higher epoch. They
    take places until an operator writes this journal off."""
    sealed: int = 0
    """Those of them that lie in a sealed reserve, for a journal that has yet to begin."""


class GateSighting(WireModel):
    """One admission of a ticket: which transaction, at which gate of which kiosk, when."""

    txn_id: UUID
    kiosk_id: KioskId
    gate: str
    at: AwareDatetime


class GateConflict(WireModel):
    """A ticket that two gates let in; the first that the ticket API heard of stands."""

    event_id: EventId
    serial: str
    first: GateSighting
    second: GateSighting


class LedgerEntry(WireModel):
    """A transaction that a person should look at: quarantined, or settled with flags."""

    cursor: str
    txn_id: UUID | None
    journal_id: JournalId
    kiosk_id: KioskId
    sequence: int | None
    kind: str
    status: str
    code: str
    detail: str
    hint: str
    flags: tuple[str, ...]
    conflict: GateConflict | None = None
    received_at: AwareDatetime


class Ledger(WireModel):
    """Totals over everything, and a page of what a person should look at."""

    lines: tuple[LedgerLine, ...]
    transactions: dict[str, int]
    """Counts: `settled`, `quarantined`, `unreadable`."""
    kinds: dict[str, int]
    """Settled transactions by kind."""
    flags: dict[str, int]
    """Settled transactions by flag."""
    replays: int
    journals: tuple[LedgerJournal, ...]
    attention: tuple[LedgerEntry, ...]
    """In order of `cursor`."""
    next_after: str | None
    """Ask with `?after=` for the next page of `attention`; None at the end."""
