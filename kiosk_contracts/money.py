"""Decimal money with its currency; never a float."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Final, Self

from pydantic import BeforeValidator, StringConstraints, model_validator

from kiosk_contracts.wire import WireModel

_WITHOUT_MINOR_UNIT: Final = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_MINOR_DIGITS: Final = {
    **dict.fromkeys(_WITHOUT_MINOR_UNIT.split(), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""Currencies (ISO 4217) whose minor unit is not a hundredth."""
_MAX_AMOUNT: Final = Decimal(10) ** 12
_DIGITS: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def _written(value: object) -> object:
    """Refuse numbers: a float is not what was written, and no payload with one can be hashed."""
    if isinstance(value, Decimal) or (isinstance(value, str) and _DIGITS.fullmatch(value)):
        return value
    msg = 'an amount is a text of digits such as "12.50", not a number'
    raise ValueError(msg)


class Money(WireModel):
    """An amount in a currency, written with exactly the currency's minor digits: `"12.50"`."""

    amount: Annotated[Decimal, BeforeValidator(_written)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

    @model_validator(mode="after")
    def _in_minor_units(self) -> Self:
        digits = _MINOR_DIGITS.get(self.currency, 2)
        if abs(self.amount) >= _MAX_AMOUNT:
            msg = f"an amount is below {_MAX_AMOUNT}"
            raise ValueError(msg)
        written = self.amount.quantize(Decimal(1).scaleb(-digits))
        if written != self.amount:
            msg = f"an amount in {self.currency} has at most {digits} decimals"
            raise ValueError(msg)
        # One amount has one text, so that the same payload has the same hash.
        object.__setattr__(self, "amount", written + 0)
        return self

    def __add__(self, other: "Money") -> "Money":
        """Add two amounts of one currency; ValueError for two currencies."""
        self._same_currency(other)
        return self._with(self.amount + other.amount)

    def __sub__(self, other: "Money") -> "Money":
        """Subtract an amount of the same currency; ValueError for two currencies."""
        self._same_currency(other)
        return self._with(self.amount - other.amount)

    def __mul__(self, quantity: int) -> "Money":
        """Return the amount for `quantity` pieces."""
        return self._with(self.amount * quantity)

    def percent(self, hundredths: int) -> "Money":
        """Return so many hundredths of it, rounded half up to the currency's minor unit."""
        exact = self.amount * hundredths / 100
        return self._with(exact.quantize(self.amount, ROUND_HALF_UP))

    def __str__(self) -> str:
        """Return e.g. `12.50 EUR`."""
        return f"{self.amount} {self.currency}"

    def _with(self, amount: Decimal) -> "Money":
        """Return what was made of amounts of this currency; ValidationError if it is too much."""
        if abs(amount) >= _MAX_AMOUNT:
            return Money(amount=amount, currency=self.currency)
        # It has the currency's digits, since they all have.
        return Money.model_construct(amount=amount + 0, currency=self.currency)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            msg = f"{self.currency} and {other.currency} cannot be added up"
            raise ValueError(msg)

    @classmethod
    def of_units(cls, units: int, currency: str) -> "Money":
        """Return so many of the currency's smallest unit: 1250 are `12.50 EUR`, or `1250 JPY`."""
        digits = _MINOR_DIGITS.get(currency, 2)
        return cls(amount=Decimal(units).scaleb(-digits), currency=currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Return nothing, in `currency`."""
        return cls(amount=Decimal(0), currency=currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Return the sum of `amounts`, all in `currency`."""
    sum_ = Money.zero(currency)
    for amount in amounts:
        sum_ += amount
    return sum_
