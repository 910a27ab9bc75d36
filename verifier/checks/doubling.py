"""Nothing counts twice: ids, places in a journal, receipt numbers, serials."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from verifier.evidence import Evidence, Row
from verifier.findings import Finding, error, notice
from verifier.sales import Sale, acknowledged_sales

K = TypeVar("K")
V = TypeVar("V")


class _Extras:
    """Remembers which transactions were counted as one too many, so that each counts once."""

    def __init__(self) -> None:
        self._counted: set[tuple[str, ...]] = set()

    def count(self, extras: Iterable[tuple[str, ...]]) -> int:
        """Return how many of `extras` were not counted before."""
        new = set(extras) - self._counted
        self._counted |= new
        return len(new)


def check_doubling(evidence: Evidence) -> Iterator[Finding]:
    """Find what was recorded, numbered or sold more than once."""
    extras = _Extras()
    yield from _ids_in_journals(evidence, extras)
    yield from _ids_in_ledger(evidence, extras)
    yield from _places(evidence, extras)
    yield from _receipts(evidence, extras)
    yield from _serials(evidence, extras)
    yield from _undone_twice(evidence, extras)


def _ids_in_journals(evidence: Evidence, extras: _Extras) -> Iterator[Finding]:
    rows = _group((row.txn_id, row) for row in evidence.rows())
    for txn_id, same in rows.items():
        if len(same) > 1:
            names = " and ".join(row.name for row in same)
            yield error(
                "id_twice",
                f"The id {txn_id} stands twice in the journals: {names}.",
                duplicated=extras.count((txn_id, row.journal_id) for row in same[1:]),
            )


def _ids_in_ledger(evidence: Evidence, extras: _Extras) -> Iterator[Finding]:
    for txn_id, same in evidence.entries_by_txn().items():
        if len(same) > 1:
            yield error(
                "id_twice_in_ledger",
                f"The ticket API has {same[0].name} {len(same)} times under the id {txn_id}.",
                duplicated=extras.count((txn_id, str(n)) for n in range(1, len(same))),
            )


def _places(evidence: Evidence, extras: _Extras) -> Iterator[Finding]:
    places = _group(
        ((entry.journal_id, entry.sequence), entry) for entry in evidence.ledger.entries
    )
    journaled = {row.txn_id for row in evidence.rows()}
    for (_, sequence), same in places.items():
        settled = [entry for entry in same if entry.settled]
        # The one that its kiosk knows is the right one; any other is one too many.
        settled.sort(key=lambda entry: entry.txn_id not in journaled)
        if len({entry.txn_id for entry in settled}) > 1:
            yield error(
                "place_twice",
                f"The ticket API settled {len(settled)} transactions as {same[0].kiosk_id}"
                f" #{sequence}.",
                duplicated=extras.count((entry.txn_id, entry.journal_id) for entry in settled[1:]),
            )
        elif len({entry.txn_id for entry in same}) > 1:
            yield notice(
                "place_claimed_twice",
                f"{len(same)} transactions claimed to be {same[0].kiosk_id} #{sequence}; the ticket"
                f" API settled {len(settled)}.",
            )


def _receipts(evidence: Evidence, extras: _Extras) -> Iterator[Finding]:
    numbered: list[Row | Sale] = [*evidence.rows(), *acknowledged_sales(evidence)]
    receipts: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    for item in numbered:
        if item.receipt_number:
            receipts[item.receipt_number][item.txn_id, item.journal_id] = item.name
    for receipt, names in receipts.items():
        if len(names) > 1:
            yield error(
                "receipt_twice",
                f"Receipt {receipt} was given to {' and '.join(names.values())}.",
                duplicated=extras.count(list(names)[1:]),
            )


def _serials(evidence: Evidence, extras: _Extras) -> Iterator[Finding]:
    sold = _group(
        (ticket.serial, sale) for sale in acknowledged_sales(evidence) for ticket in sale.tickets
    )
    for serial, sales in sold.items():
        if len(sales) > 1:
            names = " and ".join(sale.name for sale in sales)
            ids = [(sale.txn_id, sale.journal_id) for sale in sales]
            inside_one = len(set(ids)) == 1
            yield error(
                "serial_twice",
                f"Ticket {serial} was sold twice: by {names}.",
                duplicated=extras.count((*one, serial) if inside_one else one for one in ids[1:]),
            )


def _undone_twice(evidence: Evidence, extras: _Extras) -> Iterator[Finding]:
    refused = {entry.txn_id for entry in evidence.ledger.entries if not entry.settled}
    undone = _group(
        (serial, row)
        for row in evidence.rows("void", "refund")
        if row.untouched and row.txn_id not in refused
        for serial in row.payload.get("serials", [])
    )
    for serial, rows in undone.items():
        if len(rows) > 1:
            names = " and ".join(row.name for row in rows)
            yield error(
                "given_back_twice",
                f"Money for ticket {serial} was given back twice: by {names}.",
                duplicated=extras.count((row.txn_id, row.journal_id) for row in rows[1:]),
            )


def _group(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups
