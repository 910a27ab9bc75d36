"""The takings are what the distinct settled sales, voids and refunds add up to."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from verifier.evidence import Entry, Evidence, Takings, TypeKey
from verifier.findings import Finding, error
from verifier.sales import Ticket, counted, serials_of, tickets_of


@dataclass(slots=True)
class _Sum:
    sold: int = 0
    voided: int = 0
    refunded: int = 0
    gross: Decimal = Decimal(0)
    currency: str = ""


def check_counting(evidence: Evidence) -> Iterator[Finding]:
    """Recompute the takings; what the ledger counts beyond them was counted twice."""
    sums = _recomputed(evidence)
    for key in sorted(sums.keys() | evidence.ledger.takings.keys()):
        takings = evidence.ledger.takings.get(key)
        house = evidence.ledger.houses.get(key)
        name = f"{house.event_name}, {house.type_name}" if house else " / ".join(key)
        if takings is None:
            yield error("takings_missing", f"{name}: tickets are sold, and no takings are counted.")
        else:
            yield from _compare(name, takings, sums[key])


def _recomputed(evidence: Evidence) -> dict[TypeKey, _Sum]:
    sums: dict[TypeKey, _Sum] = defaultdict(_Sum)
    sold: dict[str, Ticket] = {}
    for entry in _distinct(counted(evidence, "sale")):
        for ticket in tickets_of(entry.payload):
            sold[ticket.serial] = ticket
            _add(sums, ticket, 1).sold += 1
    for entry in _distinct(counted(evidence, "void", "refund")):
        for serial in serials_of(entry.payload):
            if serial not in sold:
                continue
            total = _add(sums, sold[serial], -1)
            if entry.kind == "void":
                total.voided += 1
            else:
                total.refunded += 1
    return sums


def _distinct(entries: list[Entry]) -> list[Entry]:
    return list({entry.txn_id: entry for entry in entries}.values())


def _add(sums: dict[TypeKey, _Sum], ticket: Ticket, sign: int) -> _Sum:
    total = sums[ticket.type_key or ("?", "?")]
    amount, currency = ticket.price or (Decimal(0), "")
    total.gross += sign * amount
    total.currency = currency
    return total


def _compare(name: str, counted: Takings, total: _Sum) -> Iterator[Finding]:
    figures = (
        ("sold", counted.sold, total.sold),
        ("voided", counted.voided, total.voided),
        ("refunded", counted.refunded, total.refunded),
    )
    for word, said, found in figures:
        if said != found:
            yield error(
                "counted_twice" if said > found else "counted_short",
                f"{name}: the takings count {said} tickets {word}, the transactions {found}.",
                duplicated=max(0, said - found),
            )
    amount, currency = counted.gross
    if amount != total.gross or (total.currency and currency != total.currency):
        yield error(
            "gross_differs",
            f"{name}: the takings say {amount} {currency}, the transactions add up to"
            f" {total.gross} {total.currency or currency}.",
        )


def check_undone_sales(evidence: Evidence) -> Iterator[Finding]:
    """Find settled voids and refunds of tickets that no settled sale sold."""
    sold = {
        ticket.serial for entry in counted(evidence, "sale") for ticket in tickets_of(entry.payload)
    }
    for entry in counted(evidence, "void", "refund"):
        unknown = sorted(set(serials_of(entry.payload)) - sold)
        if unknown:
            yield error(
                "undone_unsold",
                f"{entry.name} gave back {', '.join(unknown)}, which no settled sale sold.",
            )
