"""The notes and coins of a currency, from the largest. No state, no I/O."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from pydantic import ValidationError

from kiosk_contracts.money import Money

_PIECES: Final[Mapping[str, str]] = {
    "CHF": "1000 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05",
    "EUR": "500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
    "GBP": "50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01",
    "USD": "100 50 20 10 5 2 1 0.50 0.25 0.10 0.05 0.01",
}
_ANY: Final = "10000 5000 2000 1000 500 200 100 50 20 10 5 2 1 0.50 0.20 0.10 0.05 0.02 0.01"
"""For a currency that is not listed: those that it can have."""


def pieces_of(currency: str) -> tuple[Money, ...]:
    """Return what each note and coin is worth, the largest first."""
    values = map(Decimal, _PIECES.get(currency, _ANY).split())
    return tuple(money for value in values if (money := _money(value, currency)) is not None)


def _money(value: Decimal, currency: str) -> Money | None:
    try:
        return Money(amount=value, currency=currency)
    except ValidationError:
        # Less than the currency's smallest unit.
        return None
