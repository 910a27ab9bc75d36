"""The journal's chain, record by record: pure, fed in order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kiosk_agent.domain.archiving import LostRange
from kiosk_agent.domain.epochs import EpochRecord
from kiosk_agent.domain.ranges import Ranges, joined, parts, touches
from kiosk_agent.domain.records import JournalRow, Unreadable
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.transactions import FIRST_PREV_HASH, Transaction
from kiosk_contracts.verifying import BreakKind, ChainBreak, JournalEntry
from kiosk_contracts.wire import NotCanonicalError

_NOBODY: Final = "Nobody can tell any more what was recorded there."


@dataclass(frozen=True, slots=True)
class KnownBreaks:
    """What was broken when epochs began, and was told then. Anything else is news."""

    missing: Ranges = ()
    damaged: Ranges = ()

    def explains_link(self, sequence: int) -> bool:
        """Say whether a record need not link to the one before."""
        return touches(self.damaged, sequence - 1, sequence)

    def explains_gap(self, before: int, after: int) -> bool:
        """Say whether receipt numbers of two records need not follow each other."""
        return touches(self.missing, before, after) or touches(self.damaged, before, after)


def known_breaks(epochs: Sequence[EpochRecord]) -> KnownBreaks:
    """Return what was told when any of these began."""
    return KnownBreaks(
        missing=joined(one for epoch in epochs for one in epoch.missing),
        damaged=joined(one for epoch in epochs for one in epoch.damaged),
    )


class ChainWalk:
    """Walks over the records of this journal in order of sequence, and says where they break."""

    def __init__(self, known: KnownBreaks | None = None) -> None:
        self.checked = 0
        self.last = 0
        self.known = known or KnownBreaks()
        self._hash: str | None = FIRST_PREV_HASH
        self._counters: dict[int, tuple[int, int]] = {}
        """(receipt number, sequence) that came last in each epoch."""

    def step(self, row: JournalRow) -> Iterator[ChainBreak]:
        """Yield what is wrong with the next record."""
        self.checked += 1
        yield from self._missing_before(row.sequence)
        self.last = row.sequence
        if isinstance(row.transaction, Unreadable):
            yield self._damaged(row.sequence, f"its record is unreadable. {_NOBODY}")
            self._hash = None
        else:
            yield from self._sealed(row, row.transaction)
        yield from self._numbered(row)

    def pass_over(self, lost: LostRange) -> Iterator[ChainBreak]:
        """Yield that records can't be read; go on after them by what the journal noted of them."""
        yield from self._missing_before(lost.first_sequence)
        words = f"{_named(lost.first_sequence, lost.last_sequence)} can't be read: {lost.why}."
        yield _break(lost.first_sequence, BreakKind.DAMAGED, words)
        self.last = lost.last_sequence
        self._hash = lost.last_hash
        self._counters.clear()

    def end(self, head: tuple[int, str]) -> Iterator[ChainBreak]:
        """Yield what is wrong with the end, given the journal's own note of its head."""
        sequence, last_hash = head
        if sequence > self.last:
            words = f"the journal went up to #{sequence}, and its records end at #{self.last}."
            yield from self._missing(self.last + 1, sequence, words)
        elif self._hash is not None and (sequence, last_hash) != (self.last, self._hash):
            words = f"the journal notes #{sequence} with another hash as its newest record."
            yield self._unlinked(self.last, words)

    def _missing_before(self, sequence: int) -> Iterator[ChainBreak]:
        if sequence != self.last + 1:
            yield from self._missing(self.last + 1, sequence - 1)
            self._hash = None

    def _missing(self, first: int, last: int, words: str = "") -> Iterator[ChainBreak]:
        for low, high, is_known in parts(self.known.missing, first, last):
            named = f"{_named(low, high)} is missing in this kiosk's journal."
            said = named if is_known else words or named
            yield _break(low, BreakKind.MISSING_HERE, said, known=is_known)

    def _damaged(self, sequence: int, words: str) -> ChainBreak:
        is_known = touches(self.known.damaged, sequence, sequence)
        return _break(sequence, BreakKind.DAMAGED, words, known=is_known)

    def _unlinked(self, sequence: int, words: str) -> ChainBreak:
        is_known = self.known.explains_link(sequence)
        return _break(sequence, BreakKind.UNLINKED, words, known=is_known)

    def _sealed(self, row: JournalRow, transaction: Transaction) -> Iterator[ChainBreak]:
        envelope = transaction.envelope
        if not _intact(transaction):
            words = "its record is not what was sealed: it was changed or damaged."
            yield self._damaged(row.sequence, words)
        elif (envelope.sequence, envelope.txn_id) != (row.sequence, row.txn_id):
            words = f"its record is that of #{envelope.sequence}, {envelope.txn_id}."
            yield self._damaged(row.sequence, words)
        elif transaction.payload.get("receipt_number") != row.receipt_number:
            words = "its record has another receipt number than the journal's list."
            yield self._damaged(row.sequence, words)
        if self._hash is not None and envelope.prev_hash != self._hash:
            words = f"it does not link to #{row.sequence - 1}: one of the two was put in later."
            yield self._unlinked(row.sequence, words)
        self._hash = envelope.hash

    def _numbered(self, row: JournalRow) -> Iterator[ChainBreak]:
        if row.receipt_number is None:
            return
        _, epoch, counter = row.receipt_number.split("-")
        before, there = self._counters.get(int(epoch), (None, 0))
        self._counters[int(epoch)] = int(counter), row.sequence
        if before is not None and int(counter) != before + 1:
            words = f"receipt {row.receipt_number} follows number {before:06d}."
            is_known = self.known.explains_gap(there, row.sequence)
            yield _break(row.sequence, BreakKind.RECEIPT_GAP, words, known=is_known)


def compare(
    rows: Sequence[JournalRow], entries: Mapping[int, JournalEntry]
) -> Iterator[ChainBreak]:
    """Yield where records differ from what the ticket API has of the same numbers.

    What is not settled need not be there yet.
    """
    for row in rows:
        entry = entries.get(row.sequence)
        if entry is None:
            if row.state is JournalState.SETTLED:
                words = "it is settled here, and the ticket API does not have it."
                yield _break(row.sequence, BreakKind.MISSING_THERE, words)
        elif entry.txn_id != row.txn_id:
            words = f"the ticket API has another transaction under its number: {entry.txn_id}."
            yield _break(row.sequence, BreakKind.NUMBER_TAKEN, words)
        elif isinstance(row.transaction, Transaction) and (
            entry.hash != row.transaction.envelope.hash
        ):
            words = "the ticket API has it with another content."
            yield _break(row.sequence, BreakKind.DIFFERS, words)
        elif row.state is JournalState.SETTLED and entry.status != JournalState.SETTLED:
            words = f"it is settled here and {entry.status} at the ticket API."
            yield _break(row.sequence, BreakKind.DIFFERS, words)


def missing_here(entries: Sequence[JournalEntry]) -> Iterator[ChainBreak]:
    """Yield a break for each entry that this journal has no record of."""
    for entry in entries:
        words = (
            f"the ticket API has {entry.txn_id} under this number, and this journal does not: "
            "it may be an older copy."
        )
        yield _break(entry.sequence, BreakKind.MISSING_HERE, words)


def _intact(transaction: Transaction) -> bool:
    try:
        return transaction.payload_matches()
    except NotCanonicalError:
        return False


def _named(first: int, last: int) -> str:
    return f"#{first} to #{last}" if last > first else f"#{first}"


def _break(sequence: int, kind: BreakKind, words: str, *, known: bool = False) -> ChainBreak:
    return ChainBreak(sequence=sequence, kind=kind, words=words, known=known)
