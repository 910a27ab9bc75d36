"""What a journal is compared with, and what came of it."""

from enum import StrEnum
from uuid import UUID

from kiosk_contracts.ids import JournalId
from kiosk_contracts.wire import WireModel


class JournalEntry(WireModel):
    """A place in a journal, as the ticket API holds it."""

    sequence: int
    txn_id: UUID
    hash: str
    """Of the envelope."""
    status: str
    """`settled`, `quarantined`, or `kept` as it came."""


class JournalEntries(WireModel):
    """A page of a journal, in order of sequence."""

    journal_id: JournalId
    entries: tuple[JournalEntry, ...]
    more: bool


class BreakKind(StrEnum):
    """How a journal fails to be what it should be."""

    DAMAGED = "damaged"
    """A record is not what was sealed."""
    UNLINKED = "unlinked"
    """A record does not link to the one before."""
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    DIFFERS = "differs"
    """Both sides have the transaction, not with the same content."""
    NUMBER_TAKEN = "number_taken"
    """The ticket API has another transaction under its number."""
    RECEIPT_GAP = "receipt_gap"


class ChainBreak(WireModel):
    """One place where the journal is broken."""

    sequence: int
    kind: str
    """A BreakKind."""
    words: str
    known: bool = False
    """It was broken when an epoch began, and told then."""


class VerifyReport(WireModel):
    """What a verification found."""

    journal_id: JournalId
    up_to: int
    """The last sequence here."""
    checked: int
    """Records looked at."""
    compared: bool
    """Whether the ticket API's side was looked at too."""
    why_not_compared: str = ""
    breaks: tuple[ChainBreak, ...] = ()
    """In order; the first ones, if there are many."""
    broken: int = 0
    """How many there are, but for those that are known."""
    known: int = 0
    """How many are known."""
