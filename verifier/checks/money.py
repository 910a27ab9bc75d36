"""Money adds up in every transaction, and the drawers hold what the cash came to."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from verifier.canonical import FormatError, read_money
from verifier.evidence import Evidence, Row
from verifier.findings import Finding, error
from verifier.sales import tickets_of

Amount = tuple[Decimal, str]


def check_money(evidence: Evidence) -> Iterator[Finding]:
    """Find totals that the lines or the tender don't add up to, and wrong drawers."""
    for row in evidence.rows("sale", "void", "refund"):
        if row.untouched:
            try:
                yield from _adds_up(row)
            except (FormatError, KeyError, TypeError, AttributeError) as problem:
                yield error("money_unreadable", f"{row.name}: its money cannot be read: {problem}.")
    yield from _undone_amounts(evidence)
    yield from _drawers(evidence)


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


def drawers(evidence: Evidence) -> dict[str, dict[str, Decimal]]:
    """Return the cash that must be in each kiosk's drawer, by currency.

    Opening floats and cash paid in, and cash kept from sales, less cash given back and paid out.
    """
    cash: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in evidence.rows():
        for amount, currency in _cash_of(row):
            cash[row.kiosk_id][currency] += amount
    return {kiosk_id: dict(amounts) for kiosk_id, amounts in cash.items()}


def _cash_of(row: Row) -> Iterator[Amount]:
    # A payload that was tampered with says nothing of the drawer; the answer is what was done.
    said = row.payload if row.untouched else row.answer
    match row.kind:
        case "sale" | "void" | "refund":
            sign = 1 if row.kind == "sale" else -1
            for line in said.get("tender", []):
                if line.get("method") == "cash":
                    amount, currency = read_money(line["amount"])
                    yield sign * amount, currency
        case "shift_opened":
            yield from _signed(said.get("opening_float"), 1)
        case "shift_paid_in":
            yield from _signed(said.get("amount"), 1)
        case "shift_paid_out":
            yield from _signed(said.get("amount"), -1)
        case _:
            return


def _signed(value: Any, sign: int) -> Iterator[Amount]:
    if value is not None:
        amount, currency = read_money(value)
        yield sign * amount, currency


def _drawers(evidence: Evidence) -> Iterator[Finding]:
    """Find closed shifts whose expected cash is not what their transactions came to."""
    shifts: dict[str, Decimal] = defaultdict(Decimal)
    for row in evidence.rows():
        shift = str(row.payload.get("shift_id"))
        if row.kind == "shift_closed" and row.untouched:
            expected, currency = read_money(row.payload["expected"])
            if expected != shifts[shift]:
                yield error(
                    "drawer_differs",
                    f"{row.name} expected {expected} {currency} in the drawer, its transactions"
                    f" come to {shifts[shift]}.",
                )
        else:
            shifts[shift] += sum((amount for amount, _ in _cash_of(row)), Decimal(0))


def _sum(amounts: list[Amount], currency: str) -> Amount:
    """Add up; amounts of another currency make a sum that equals nothing."""
    if any(other != currency for _, other in amounts):
        return Decimal("NaN"), currency
    return sum((amount for amount, _ in amounts), Decimal(0)), currency


def _text(amount: Amount) -> str:
    return f"{amount[0]} {amount[1]}"
