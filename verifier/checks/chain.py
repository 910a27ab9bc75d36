"""Journals are whole: sequences and receipt numbers without gaps, each link holding."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from verifier.canonical import envelope_hash
from verifier.evidence import Evidence, Journal, Row
from verifier.findings import Finding, error
from verifier.standing import kept_as_they_came, key_of

_FIRST_PREV_HASH: Final = "0" * 64


def check_chain(evidence: Evidence) -> Iterator[Finding]:
    """Find gaps, broken links and heads that don't fit."""
    for journal in evidence.journals:
        yield from _sequence(journal)
        yield from _links(journal)
        yield from _receipts(journal)
        yield from _heads(evidence, journal)


def _sequence(journal: Journal) -> Iterator[Finding]:
    expected = 1
    for row in journal.rows:
        if row.sequence != expected:
            yield error(
                "sequence_gap",
                f"{journal.kiosk_id}: the journal goes from #{expected - 1} to #{row.sequence}.",
            )
        expected = row.sequence + 1
    stated = int(journal.meta["last_sequence"])
    if stated != expected - 1:
        yield error(
            "sequence_gap",
            f"{journal.kiosk_id}: the journal counted to #{stated} and ends with #{expected - 1}.",
        )


def _links(journal: Journal) -> Iterator[Finding]:
    prev_hash = _FIRST_PREV_HASH
    for row in journal.rows:
        stated = (row.sequence, row.txn_id, row.kind, row.epoch, row.journal_id)
        keys = ("sequence", "txn_id", "kind", "epoch", "journal_id")
        if tuple(row.envelope.get(key) for key in keys) != stated:
            yield error(
                "envelope_differs", f"{row.name}: the envelope says otherwise than the row."
            )
        if row.envelope.get("hash") != envelope_hash(row.envelope):
            yield error(
                "chain_broken", f"{row.name}: the envelope was changed after it was sealed."
            )
        if row.envelope.get("prev_hash") != prev_hash:
            yield error("chain_broken", f"{row.name}: the chain is broken before it.")
        prev_hash = str(row.envelope.get("hash"))
    if journal.meta["head_hash"] != prev_hash:
        yield error("chain_broken", f"{journal.kiosk_id}: the chain's head is not its last row.")


def _receipts(journal: Journal) -> Iterator[Finding]:
    numbered = [row for row in journal.rows if row.receipt_number]
    counters = [(row, *_parse(row)) for row in numbered]
    last, last_epoch = 0, 0
    for (earlier, *_), (later, *_) in pairwise(counters):
        if earlier.epoch > later.epoch:
            yield error("epoch_back", f"{later.name}: the epoch goes back to {later.epoch}.")
    for row, epoch, counter in counters:
        restarts = counter == 1 and epoch != last_epoch
        if epoch != row.epoch or not (counter == last + 1 or restarts):
            yield error(
                "receipt_gap",
                f"{row.name}: receipt {row.receipt_number} does not follow number {last}.",
            )
        last, last_epoch = counter, epoch
    stated = int(journal.meta["receipt_counter"])
    if stated != last:
        yield error(
            "receipt_gap",
            f"{journal.kiosk_id}: {stated} receipts were numbered, the last one is number {last}.",
        )


def _parse(row: Row) -> tuple[int, int]:
    code, _, rest = str(row.receipt_number).partition("-")
    epoch, _, counter = rest.partition("-")
    return (int(epoch), int(counter)) if code and counter.isdigit() and epoch.isdigit() else (0, 0)


def _heads(evidence: Evidence, journal: Journal) -> Iterator[Finding]:
    if not journal.rows:
        return
    if journal.journal_id not in evidence.ledger.heads:
        yield error("head_missing", f"The ticket API knows no journal of {journal.kiosk_id}.")
        return
    sequence, head_hash = evidence.ledger.heads[journal.journal_id]
    kept = kept_as_they_came(evidence)
    beyond = [row for row in journal.rows if row.sequence > sequence]
    hashes = {0: _FIRST_PREV_HASH} | {
        row.sequence: row.envelope.get("hash") for row in journal.rows
    }
    # What could not be read has no number that the ticket API could tell.
    if hashes.get(sequence) != head_hash or any(key_of(row) not in kept for row in beyond):
        yield error(
            "head_differs",
            f"The ticket API has {journal.kiosk_id}'s journal up to #{sequence} with another end"
            f" than the kiosk's #{journal.rows[-1].sequence}.",
        )
