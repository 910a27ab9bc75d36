"""A refund's money leaves a drawer once, in its own sums, and only after it has settled."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from verifier.canonical import FormatError, read_money
from verifier.evidence import Evidence, Row
from verifier.findings import Finding, error


def check_refunding(evidence: Evidence) -> Iterator[Finding]:
    """Find refunds given back twice, before or without settling, or in another sum."""
    settled = {entry.txn_id for entry in evidence.ledger.entries if entry.settled}
    refunds = {row.txn_id: row for row in evidence.rows("refund")}
    given: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.rows("shift_paid_out"):
        if row.untouched and row.payload.get("refund_txn_id"):
            given[str(row.payload["refund_txn_id"])].append(row)
    for txn_id, payments in given.items():
        names = " and ".join(payment.name for payment in payments)
        if len(payments) > 1:
            yield error(
                "refund_given_twice",
                f"The money of one refund was given back twice: by {names}.",
                duplicated=len(payments) - 1,
            )
        if txn_id not in settled:
            yield error(
                "refund_not_settled",
                f"{names} gave back the money of a refund that never settled.",
            )
        elif txn_id in refunds and refunds[txn_id].untouched:
            yield from _other_sums(refunds[txn_id], payments)


def _other_sums(refund: Row, payments: list[Row]) -> Iterator[Finding]:
    try:
        due = _by_method(refund)
        for payment in payments:
            cash = read_money(payment.payload["amount"])[0]
            if _by_method(payment) != due or cash != due.get("cash", Decimal(0)):
                yield error(
                    "refund_sum_differs",
                    f"{payment.name} gave back another sum than {refund.name}.",
                )
    except (FormatError, KeyError, TypeError, AttributeError) as problem:
        yield error("money_unreadable", f"{refund.name}: its money cannot be read: {problem}.")


def _by_method(row: Row) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in row.payload["tender"]:
        sums[str(line["method"])] += read_money(line["amount"])[0]
    return {method: amount for method, amount in sums.items() if amount}
