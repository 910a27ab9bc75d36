"""Payments that were cancelled after money was taken, added up for a shift."""

from pydantic import Field

from kiosk_contracts.money import Money
from kiosk_contracts.wire import WireModel


class MethodAmount(WireModel):
    """So much by one way of paying."""

    method: str
    amount: Money


class CancelledPayments(WireModel):
    """How many there were, and what of them was given back.

    None of it was ever a sale's, and none of it is in any other figure of a shift.
    """

    payments: int = Field(ge=1)
    given_back: tuple[MethodAmount, ...]
    """By way of paying, in order of their names."""
