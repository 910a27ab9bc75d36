"""What the seed decides: baskets, tender, kill points, the order of things, the outage's length.

Pure: the same seed gives the same plan.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from demo.prices import family_saving, student_price
from demo.season import SMALL_TYPE, Season
from kiosk_contracts.money import Money


class Pay(StrEnum):
    """How a customer pays."""

    EXACT_CASH = "exact cash"
    CASH = "cash with change"
    CARD = "card"
    COMPLIMENTARY = "complimentary"
    SPLIT = "a part in cash, the rest by card"


@dataclass(frozen=True, slots=True)
class Basket:
    """What one customer wants: so many of each ticket type of one event."""

    event: int
    """Index in the season."""
    quantities: tuple[tuple[int, int], ...]
    """(index of the ticket type, quantity)."""
    pay: Pay = Pay.EXACT_CASH
    given: str = ""
    """Cash as it is typed: what was given, or the part of a split payment."""
    words: str = ""
    """The card's reference, or the reason of complimentary tickets."""
    reduced: int = 0
    """Tickets of the event's first type by its first concession, besides."""

    @property
    def tickets(self) -> int:
        """How many tickets."""
        return sum(quantity for _, quantity in self.quantities) + self.reduced


class OfflineAct(StrEnum):
    """What happens while the line is cut, in an order that the seed decides."""

    KILL_DURING_SALE = "kill-during-sale"
    KILL_WITH_CART = "kill-with-cart"
    SELL_OUT = "sell-out"
    VOID = "void"
    GATES = "gates"


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, before it is played."""

    seed: int
    online: tuple[tuple[Basket, ...], tuple[Basket, ...]]
    """Sales at each till before the outage."""
    answer_lost_at: int
    """Which online sale of the first till has its upload's answer lost on the line."""
    offline: tuple[tuple[Basket, ...], tuple[Basket, ...]]
    """Sales at each till right after the line was cut."""
    acts: tuple[OfflineAct, ...]
    killed_sale: Basket
    killed_cart: Basket
    between: tuple[Basket, ...]
    """One sale at the second till during each act at the first."""
    voided: Basket
    admitted: int
    """Tickets that each gate admits offline."""
    after: tuple[tuple[Basket, ...], tuple[Basket, ...]]
    """Sales at each till while the journals drain."""


FEWEST_OFFLINE_SALES: Final = 20
_PAID_BY: Final = {Pay.EXACT_CASH: 6, Pay.CASH: 2, Pay.CARD: 3, Pay.COMPLIMENTARY: 1}
"""How often each way of paying is chosen."""
_GIVEN: Final = {Pay.CASH: "500"}
_WORDS: Final = {Pay.CARD: "4021-7788", Pay.COMPLIMENTARY: "sponsor"}
_TONIGHT: Final = 0.5
_SECOND_TYPE: Final = 0.3


def make_plan(seed: int, season: Season, random: Random) -> Plan:
    """Draw a plan. Its offline sales are FEWEST_OFFLINE_SALES or more, the sold-out type apart."""
    draw = _Drawer(random, season)
    acts = list(OfflineAct)
    random.shuffle(acts)
    return Plan(
        seed=seed,
        online=(draw.baskets(2, 3), draw.baskets(1, 2)),
        answer_lost_at=random.randrange(2),
        offline=(draw.baskets(8, 9, tonight=5), draw.baskets(8, 9, tonight=5)),
        acts=tuple(acts),
        killed_sale=draw.basket(paid_by=Pay.EXACT_CASH),
        killed_cart=draw.basket(paid_by=Pay.EXACT_CASH),
        between=draw.baskets(2, 2),
        voided=draw.basket(tonight=True, paid_by=Pay.EXACT_CASH),
        admitted=random.randrange(3, 5),
        after=(draw.baskets(1, 2), draw.baskets(1, 2)),
    )


class _Drawer:
    """Draws baskets of the types that are not made to sell out."""

    def __init__(self, random: Random, season: Season) -> None:
        self._random = random
        self._plenty = [
            index for index, event in enumerate(season.events) if event is not season.small_event
        ]

    def baskets(self, fewest: int, most: int, *, tonight: int = 1) -> tuple[Basket, ...]:
        """Draw some; the first `tonight` of them for tonight's show."""
        count = self._random.randint(fewest, most)
        return tuple(self.basket(tonight=index < tonight) for index in range(count))

    def basket(self, *, tonight: bool = False, paid_by: Pay | None = None) -> Basket:
        """Draw one; most customers want tonight's show, which the gates admit to."""
        tonight = tonight or self._chance(_TONIGHT)
        event = self._plenty[0] if tonight else self._random.choice(self._plenty)
        quantities = [(0, self._random.randint(1, 3))]
        if self._chance(_SECOND_TYPE):
            quantities.append((1, self._random.randint(1, 2)))
        pay = paid_by or self._random.choices([*_PAID_BY], weights=[*_PAID_BY.values()])[0]
        given, words = _GIVEN.get(pay, ""), _WORDS.get(pay, "")
        return Basket(event, tuple(quantities), pay, given, words)

    def _chance(self, of: float) -> bool:
        return self._random.random() < of


def small_type_index(season: Season) -> int:
    """Return where the type that sells out stands among its event's types."""
    types = season.small_event.ticket_types
    return next(i for i, each in enumerate(types) if each.ticket_type_id == SMALL_TYPE)


def total_of(basket: Basket, season: Season) -> Money:
    """Return what a basket costs, by the season's prices, its concession and its family price."""
    event = season.events[basket.event]
    listed = [event.price_list.prices[kind.ticket_type_id] for kind in event.ticket_types]
    sum_ = Money.zero(listed[0].currency)
    for type_index, quantity in basket.quantities:
        sum_ += listed[type_index] * quantity
    if basket.reduced:
        sum_ += student_price(listed[0]) * basket.reduced
    return sum_ - family_saving(event, dict(basket.quantities))
