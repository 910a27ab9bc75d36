"""The evening's one concession and one price rule, and what a customer works out for themselves."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from kiosk_contracts.catalogue import Event
from kiosk_contracts.money import Money
from kiosk_contracts.price_terms import Concession, FixedPrice, PercentOff, PriceRule, RulePart

_PERCENT_OFF: Final = 33
_ADULTS, _CHILDREN = 2, 2
"""Of a family."""
ADULT: Final = 0
CHILD: Final = 2
"""Where they stand among an evening's ticket types."""
FAMILY: Final = "family"


def student() -> Concession:
    """Return the concession: the reduced price has odd cents, which are rounded."""
    return Concession(
        concession_id="student",
        name="Student",
        ticket_type_ids=("adult",),
        proof="a student card",
        reduction=PercentOff(percent=_PERCENT_OFF),
    )


def family(adult: Money, child: Money) -> PriceRule:
    """Return the rule: one child goes free, and some cents that do not divide by four."""
    off = Money(amount=Decimal("0.03"), currency=adult.currency)
    return PriceRule(
        rule_id=FAMILY,
        name="Family price",
        parts=(
            RulePart(ticket_type_ids=("adult",), quantity=_ADULTS),
            RulePart(ticket_type_ids=("child",), quantity=_CHILDREN),
        ),
        at_most=1,
        reduction=FixedPrice(amount=adult * _ADULTS + child - off),
    )


def student_price(adult: Money) -> Money:
    """Return what a student pays, in whole cents, half a cent up."""
    exact = adult.amount * (100 - _PERCENT_OFF) / 100
    return Money(amount=exact.quantize(Decimal("0.01"), ROUND_HALF_UP), currency=adult.currency)


def family_saving(event: Event, quantities: Mapping[int, int]) -> Money:
    """Return what a family saves; nothing if there is none among the tickets, or no such rule."""
    prices = [event.price_list.prices[kind.ticket_type_id] for kind in event.ticket_types]
    nothing = Money.zero(prices[0].currency)
    has_rule = bool(event.price_list.rules)
    if not has_rule or quantities.get(ADULT, 0) < _ADULTS or quantities.get(CHILD, 0) < _CHILDREN:
        return nothing
    return prices[CHILD] + Money(amount=Decimal("0.03"), currency=nothing.currency)
