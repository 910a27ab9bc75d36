"""Payments that were cancelled after money was taken, added up for a shift."""

from uuid import UUID

from pydantic import AwareDatetime, Field

from kiosk_contracts.money import Money
from kiosk_contracts.tender import TenderLine
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


class CancelledPaymentShown(WireModel):
    """One of them, as whoever may ask the host itself is told: who gave what back, and when."""

    txn_id: UUID
    """The cart's; of one cart there may be several."""
    shift_id: UUID | None
    """Whose drawer the money was in; None where the cart's cashier had no shift."""
    cashier_id: str
    given_back_by: str
    approved_by: str | None
    """The manager who agreed; None where nobody had to."""
    at: AwareDatetime
    taken: tuple[TenderLine, ...]
    """What was taken, and so given back."""


class CancelledPaymentList(WireModel):
    """Cancelled payments of this kiosk's journal, the newest first."""

    payments: tuple[CancelledPaymentShown, ...]
