"""Amounts as people type them. No state, no I/O."""

import re
from decimal import Decimal, InvalidOperation
from typing import Final

from babel.numbers import format_decimal
from pydantic import ValidationError

from kiosk_contracts.money import Money
from kiosk_texts import money, spoken, tr
from kiosk_ui.cleaning import clean

_EXAMPLE: Final = Decimal("12.50")
_TYPED: Final = re.compile(r"-?(?:\d{1,15}(?:[.,]\d{0,15})?|[.,]\d{1,15})")
"""Digits of any script and one separator; what else Python takes for a number, nobody means."""


def amount_example(currency: str) -> str:
    """Return how an amount is typed where the venue is, e.g. `12.50` or `12,50`."""
    form = "0.00" if _takes_cents(currency) else "0"
    return format_decimal(_EXAMPLE, form, locale=spoken().locale)


def amount_to_type(amount: Money) -> str:
    """Return an amount as a person would have typed it, e.g. `1250.00` or `1250,00`."""
    places = _places(amount.amount)
    form = "0." + "0" * places if places else "0"
    return format_decimal(amount.amount, form, locale=spoken().locale)


def parse_amount(text: str, currency: str) -> Money:
    """Read an amount as typed, with a point or a comma; ValueError in a sentence for the person."""
    typed = text.strip()
    if not _TYPED.fullmatch(typed):
        msg = tr(
            "'{typed}' is not an amount; type it like {example}.",
            typed=clean(typed),
            example=amount_example(currency),
        )
        raise ValueError(msg)
    amount = Decimal(typed.replace(",", "."))
    if amount < 0:
        raise ValueError(tr("an amount is zero or more."))
    try:
        read = Money(amount=amount, currency=currency)
    except (ValidationError, InvalidOperation):
        raise _no_amount(typed, currency) from None
    if _places(amount) > _places(read.amount):
        # Somewhere `1.250` is typed for more than a thousand.
        raise _no_amount(typed, currency)
    return read


def check_most(amount: Money, most: Money | None, hint: str) -> None:
    """Raise ValueError, in a sentence for the person, if an amount is too large to be meant.

    `most` is None where the agent says no limit; `hint` is what to do if it is right all the same.
    """
    if most is not None and most.currency == amount.currency and amount.amount > most.amount:
        words = tr("{amount} is a slip: {most} at most.", amount=money(amount), most=money(most))
        raise ValueError(f"{words} {hint}")


def _no_amount(typed: str, currency: str) -> ValueError:
    return ValueError(
        tr(
            "{typed} is not an amount in {currency}; type it like {example}.",
            typed=clean(typed),
            currency=currency,
            example=amount_example(currency),
        )
    )


def _places(amount: Decimal) -> int:
    """Return how many digits stand behind the point."""
    return max(0, -int(amount.as_tuple().exponent))


def _takes_cents(currency: str) -> bool:
    try:
        Money(amount=_EXAMPLE, currency=currency)
    except ValidationError:
        return False
    return True
