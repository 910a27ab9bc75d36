"""Money adds up in every transaction."""

from collections.abc import Iterator
from decimal import Decimal

from verifier.canonical import FormatError, read_money
from verifier.evidence import Evidence, Row
from verifier.findings import Finding, error
from verifier.sales import tickets_of

Amount = tuple[Decimal, str]


def check_money(evidence: Evidence) -> Iterator[Finding]:
    """Find totals that the lines or the tender don't add up to, and voids of other sums."""
    for row in evidence.rows("sale", "void", "refund"):
        if row.untouched:
            try:
                yield from _adds_up(row)
            except (FormatError, KeyError, TypeError, AttributeError) as problem:
                yield error("money_unreadable", f"{row.name}: its money cannot be read: {problem}.")
    yield from _undone_amounts(evidence)


def _adds_up(row: Row) -> Iterator[Finding]:
    total = read_money(row.payload["total"])
    tender = [read_money(line["amount"]) for line in row.payload["tender"]]
    if _sum(tender, total[1]) != total:
        yield error("tender_differs", f"{row.name}: the tender does not add up to {_text(total)}.")
    if row.kind == "sale":
        prices = [ticket.price for ticket in tickets_of(row.payload) if ticket.price]
        if _sum(prices, total[1]) != total:
            yield error(
                "total_differs", f"{row.name}: the tickets do not add up to {_text(total)}."
            )
    for line in row.payload["tender"]:
        if line.get("method") == "cash" and "given" in line:
            given, change = read_money(line["given"]), read_money(line["change"])
            amount = read_money(line["amount"])
            if given[0] - change[0] != amount[0] or not given[1] == change[1] == amount[1]:
                yield error(
                    "change_differs", f"{row.name}: cash given less change is not {_text(amount)}."
                )


def _undone_amounts(evidence: Evidence) -> Iterator[Finding]:
    """Find voids that gave back other money than their tickets cost."""
    prices = {
        ticket.serial: ticket.price
        for row in evidence.rows("sale")
        if row.untouched
        for ticket in tickets_of(row.payload)
        if ticket.price is not None
    }
    for row in evidence.rows("void", "refund"):
        serials = row.payload.get("serials", []) if row.untouched else []
        if not serials or any(serial not in prices for serial in serials):
            continue
        total = read_money(row.payload["total"])
        if _sum([prices[serial] for serial in serials], total[1]) != total:
            yield error(
                "given_back_differs",
                f"{row.name} gave back {_text(total)}, which is not what its tickets cost.",
            )


def _sum(amounts: list[Amount], currency: str) -> Amount:
    """Add up; amounts of another currency make a sum that equals nothing."""
    if any(other != currency for _, other in amounts):
        return Decimal("NaN"), currency
    return sum((amount for amount, _ in amounts), Decimal(0)), currency


def _text(amount: Amount) -> str:
    return f"{amount[0]} {amount[1]}"
