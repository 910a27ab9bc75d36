"""The journal's chain, record by record: pure, fed in order."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from kiosk_agent.domain.records import JournalRow, Unreadable
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.transactions import FIRST_PREV_HASH, Transaction
from kiosk_contracts.verifying import BreakKind, ChainBreak, JournalEntry
from kiosk_contracts.wire import NotCanonicalError

_NOBODY: Final = "Nobody can tell any more what was recorded there."


class ChainWalk:
    """Walks over the records of this journal in order of sequence, and says where they break."""

    def __init__(self) -> None:
        self.checked = 0
        self.last = 0
        self._hash: str | None = FIRST_PREV_HASH
        self._counters: dict[int, int] = {}

    def step(self, row: JournalRow) -> Iterator[ChainBreak]:
        """Yield what is wrong with the next record."""
        self.checked += 1
        if row.sequence != self.last + 1:
            missing = f"#{self.last + 1}" + (
                f" to #{row.sequence - 1}" if row.sequence > self.last + 2 else ""
            )
            yield _break(
                self.last + 1,
                BreakKind.MISSING_HERE,
                f"{missing} is missing in this kiosk's journal.",
            )
            self._hash = None
        self.last = row.sequence
        if isinstance(row.transaction, Unreadable):
            yield _break(row.sequence, BreakKind.DAMAGED, f"its record is unreadable. {_NOBODY}")
            self._hash = None
        else:
            yield from self._sealed(row, row.transaction)
        yield from self._numbered(row)

    def end(self, head: tuple[int, str]) -> Iterator[ChainBreak]:
        """Yield what is wrong with the end, given the journal's own note of its head."""
        sequence, last_hash = head
        if sequence > self.last:
            words = f"the journal went up to #{sequence}, and its records end at #{self.last}."
            yield _break(self.last + 1, BreakKind.MISSING_HERE, words)
        elif self._hash is not None and (sequence, last_hash) != (self.last, self._hash):
            words = f"the journal notes #{sequence} with another hash as its newest record."
            yield _break(self.last, BreakKind.UNLINKED, words)

    def _sealed(self, row: JournalRow, transaction: Transaction) -> Iterator[ChainBreak]:
        envelope = transaction.envelope
        if not _intact(transaction):
            words = "its record is not what was sealed: it was changed or damaged."
            yield _break(row.sequence, BreakKind.DAMAGED, words)
        elif (envelope.sequence, envelope.txn_id) != (row.sequence, row.txn_id):
            words = f"its record is that of #{envelope.sequence}, {envelope.txn_id}."
            yield _break(row.sequence, BreakKind.DAMAGED, words)
        elif transaction.payload.get("receipt_number") != row.receipt_number:
            words = "its record has another receipt number than the journal's list."
            yield _break(row.sequence, BreakKind.DAMAGED, words)
        if self._hash is not None and envelope.prev_hash != self._hash:
            words = f"it does not link to #{row.sequence - 1}: one of the two was put in later."
            yield _break(row.sequence, BreakKind.UNLINKED, words)
        self._hash = envelope.hash

    def _numbered(self, row: JournalRow) -> Iterator[ChainBreak]:
        if row.receipt_number is None:
            return
        _, epoch, counter = row.receipt_number.split("-")
        before = self._counters.get(int(epoch))
        self._counters[int(epoch)] = int(counter)
        if before is not None and int(counter) != before + 1:
            words = f"receipt {row.receipt_number} follows number {before:06d}."
            yield _break(row.sequence, BreakKind.RECEIPT_GAP, words)


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


def _break(sequence: int, kind: BreakKind, words: str) -> ChainBreak:
    return ChainBreak(sequence=sequence, kind=kind, words=words)
