"""Where the ticket API has each journaled transaction: as itself, or kept as it came."""

from collections import Counter

from verifier.evidence import Evidence, Row

RowKey = tuple[str, str]
"""(journal_id, txn_id): an id that another journal uses too stands for two transactions."""


def kept_as_they_came(evidence: Evidence) -> set[RowKey]:
    """Return the rows that only items kept as they came stand for.

    Such an item names the row's id. One that names none stands for one row of its journal whose
    kiosk was told that it could not be read.
    """
    own = {(entry.journal_id, entry.txn_id) for entry in evidence.ledger.entries}
    named = names_in_kept(evidence)
    nameless = Counter(item.journal_id for item in evidence.ledger.kept if not item.txn_ids)
    kept: set[RowKey] = set()
    for row in evidence.rows():
        key = key_of(row)
        if key in own:
            continue
        if key in named:
            kept.add(key)
        elif _was_told_unreadable(row) and nameless[row.journal_id]:
            nameless[row.journal_id] -= 1
            kept.add(key)
    return kept


def names_in_kept(evidence: Evidence) -> set[RowKey]:
    """Return the ids that stand in items kept as they came, with the journal that sent them."""
    return {(item.journal_id, txn_id) for item in evidence.ledger.kept for txn_id in item.txn_ids}


def key_of(row: Row) -> RowKey:
    """Return which transaction of which journal a row is."""
    return row.journal_id, row.txn_id


def _was_told_unreadable(row: Row) -> bool:
    return row.state == "quarantined" and row.outcome.get("code") == "payload_unreadable"
