"""How a sale was paid or a refund given back: tender lines."""

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from kiosk_contracts.money import Money
from kiosk_contracts.text import PlainName, PlainText
from kiosk_contracts.wire import WireModel


class CashTender(WireModel):
    """Notes and coins: `given` by the customer, `change` handed back, `amount` kept."""

    method: Literal["cash"] = "cash"
    amount: Money
    given: Money
    change: Money

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.given - self.change != self.amount:
            msg = "cash given less change is not the amount"
            raise ValueError(msg)
        return self


class CardTender(WireModel):
    """A card payment, with the reference that the card terminal printed."""

    method: Literal["card"] = "card"
    amount: Money
    reference: PlainName


class ComplimentaryTender(WireModel):
    """A ticket given away: the amount waived, and why."""

    method: Literal["complimentary"] = "complimentary"
    amount: Money
    reason: Annotated[PlainText, Field(min_length=1)]


class UnknownTender(WireModel):
    """A method that a newer peer knows and this one does not; kept as it came."""

    method: str
    amount: Money


_KNOWN = ("cash", "card", "complimentary")


def _method_of(value: Any) -> str:
    method = value.get("method") if isinstance(value, dict) else getattr(value, "method", None)
    return method if method in _KNOWN else "unknown"


TenderLine = Annotated[
    Annotated[CashTender, Tag("cash")]
    | Annotated[CardTender, Tag("card")]
    | Annotated[ComplimentaryTender, Tag("complimentary")]
    | Annotated[UnknownTender, Tag("unknown")],
    Discriminator(_method_of),
]
"""One way of paying; a split payment has several lines."""
