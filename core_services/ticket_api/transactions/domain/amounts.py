"""Sums that other programs made, checked without trusting that they add up at all."""

from collections.abc import Iterable
from decimal import Decimal

from kiosk_contracts.money import Money


def adds_up(amounts: Iterable[Money], expected: Money) -> bool:
    """Say whether `amounts` give `expected`; several currencies or absurd amounts never do."""
    sum_ = Decimal(0)
    for amount in amounts:
        if amount.currency != expected.currency:
            return False
        sum_ += amount.amount
    return sum_ == expected.amount
