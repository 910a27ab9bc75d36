"""Payments that were cancelled after money was taken, added up for each shift."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from verifier.canonical import FormatError, read_money
from verifier.evidence import Evidence, Row


@dataclass(slots=True)
class Cancelled:
    """How many there were in a shift, and what of them was given back."""

    payments: int = 0
    given_back: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """By (way of paying, currency)."""

    def __str__(self) -> str:
        """Say it as findings do."""
        parts = [
            f"{amount} {currency} by {method}"
            for (method, currency), amount in sorted(self.given_back.items())
        ]
        return f"{self.payments} ({', '.join(parts)})" if parts else str(self.payments)

    def by(self, method: str) -> Decimal:
        """Return what was given back by a way of paying."""
        return sum(
            (amount for (name, _), amount in self.given_back.items() if name == method), Decimal(0)
        )


def cancelled_by_shift(evidence: Evidence) -> Mapping[str, Cancelled]:
    """Add up what the journals noted, by shift id."""
    found: dict[str, Cancelled] = defaultdict(Cancelled)
    for journal in evidence.journals:
        for one in journal.cancelled:
            sums = found[one.shift_id]
            sums.payments += 1
            for line in one.given_back:
                sums.given_back[line.method, line.currency] += line.amount
    return found


def cancelled_at(closing: Row) -> Cancelled:
    """Return what the closing of a shift says; FormatError if that cannot be read."""
    said = closing.payload.get("cancelled")
    sums = Cancelled()
    if said is None:
        return sums
    try:
        sums.payments = int(said["payments"])
        for line in said["given_back"]:
            amount, currency = read_money(line["amount"])
            sums.given_back[str(line["method"]), currency] += amount
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise FormatError(f"its cancelled payments cannot be read: {problem}") from problem
    return sums
