"""Each sale's tickets cost what the price lists give: list price, concession or rule."""

from collections import Counter
from collections.abc import Iterator

from verifier.canonical import FormatError
from verifier.evidence import Evidence, Json
from verifier.findings import Finding, error
from verifier.prices import Cost, costs_as_sold, costs_by_lists


def check_prices(evidence: Evidence) -> Iterator[Finding]:
    """Find sales at other prices; both what a journal has and what the ticket API counted."""
    told: set[str] = set()
    sales = [(row.txn_id, row.name, row.payload) for row in evidence.rows("sale") if row.untouched]
    sales += [
        (entry.txn_id, entry.name, entry.payload)
        for entry in evidence.ledger.entries
        if entry.settled and entry.kind == "sale"
    ]
    for txn_id, name, payload in sales:
        if txn_id not in told:
            told.add(txn_id)
            yield from _check(evidence, name, payload)


def _check(evidence: Evidence, name: str, payload: Json) -> Iterator[Finding]:
    try:
        sold = costs_as_sold(payload)
        due = costs_by_lists(payload, evidence.ledger.price_lists)
    except (LookupError, FormatError, TypeError, AttributeError, ValueError) as problem:
        yield error("price_unknown", f"{name}: its prices cannot be worked out: {problem}.")
        return
    if sold != due:
        yield error(
            "price_differs",
            f"{name}: sold {_words(sold - due)}; by the price lists {_words(due - sold)}.",
        )


def _words(costs: Counter[Cost]) -> str:
    parts = [
        f"{count} {' '.join(word for word in (kind, concession, rule) if word)} for {price}"
        for (kind, concession, rule, price), count in sorted(costs.items())
    ]
    return ", ".join(parts) or "none"
