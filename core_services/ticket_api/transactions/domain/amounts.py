"""Sums that other programs made, checked without trusting that they add up at all."""

from collections.abc import Iterable

from kiosk_contracts.money import Money, total


def adds_up(amounts: Iterable[Money], expected: Money) -> bool:
    """Say whether `amounts` give `expected`; several currencies or absurd amounts never do."""
    try:
        return total(amounts, expected.currency) == expected
    except ValueError:
        return False
