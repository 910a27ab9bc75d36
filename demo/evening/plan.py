"""What the seed decides of an evening: who buys what, how it is paid, and the drawers.

Pure: the same seed and the same number of sales give the same plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import zip_longest
from random import Random
from typing import Final, NamedTuple

from demo.evening.venue import TILLS
from demo.plan import Basket, Pay, total_of
from demo.prices import ADULT, CHILD
from demo.season import Season

FEWEST_SALES: Final = 20
"""With fewer, the tills would not have one of each kind of sale to show."""
_TONIGHT: Final = 0.8
_OTHER_TYPE: Final = 0.25
_STUDENTS: Final = 0.15
_FAMILY: Final = ((ADULT, 2), (CHILD, 2))
_PAID_BY: Final = {
    Pay.EXACT_CASH: 20,
    Pay.CASH: 25,
    Pay.CARD: 18,
    Pay.SPLIT: 8,
    Pay.COMPLIMENTARY: 4,
}
"""How often each way of paying is chosen; each is at least once at each till."""
_NOTES: Final = (5, 10, 20, 50)
_REASONS: Final = ("sponsor", "press", "crew")
_SALES_FOR_A_VOID: Final = 12


class Phase(StrEnum):
    """A part of the evening."""

    DOORS = "doors"
    OUTAGE = "outage"
    BACK = "back"


class Fate(StrEnum):
    """What becomes of a sale."""

    KEPT = "kept"
    VOIDED = "voided"
    """The customer changes their mind while the line is cut."""
    KILLED = "killed"
    """The till's agent is killed between the commit and the answer."""


class TicketRef(NamedTuple):
    """One ticket of the plan: which till sells it, in which of its sales, and which of it."""

    till: int
    sale: int
    ticket: int


@dataclass(frozen=True, slots=True)
class Customer:
    """One sale of the plan."""

    basket: Basket
    fate: Fate = Fate.KEPT


@dataclass(frozen=True, slots=True)
class DrawerPlan:
    """What happens to a till's drawer besides sales; amounts as they are typed."""

    opening_float: str
    paid_in: str
    paid_out: str
    off: Decimal
    """What the count finds beyond what should be there; less than a manager is needed for."""


@dataclass(frozen=True, slots=True)
class SalesPlan:
    """What the tills do."""

    phases: tuple[dict[Phase, tuple[Customer, ...]], ...]
    """For each till, its customers in order."""
    drawers: tuple[DrawerPlan, ...]

    def customers(self, till: int) -> tuple[Customer, ...]:
        """Return all customers of a till, in order."""
        return tuple(one for phase in Phase for one in self.phases[till][phase])

    def in_order(self) -> Iterator[tuple[int, int, Customer]]:
        """Yield (till, number, customer) about as they are sold: the tills take turns."""
        first = [0] * TILLS
        for phase in Phase:
            queues = [self.phases[till][phase] for till in range(TILLS)]
            for step, turn in enumerate(zip_longest(*queues)):
                for till, customer in enumerate(turn):
                    if customer is not None:
                        yield till, first[till] + step, customer
            first = [first[till] + len(queues[till]) for till in range(TILLS)]


def plan_sales(sales: int, season: Season, random: Random) -> SalesPlan:
    """Draw the sales. Raises ValueError for fewer than FEWEST_SALES."""
    if sales < FEWEST_SALES:
        raise ValueError(f"an evening has at least {FEWEST_SALES} sales")
    draw = _Draw(random, season)
    phases = []
    for till in range(TILLS):
        count = (sales + till) // TILLS
        outage = count * 3 // 10
        sizes = {Phase.DOORS: count * 2 // 5, Phase.OUTAGE: outage}
        sizes[Phase.BACK] = count - sum(sizes.values())
        baskets = draw.baskets(count)
        parts = {phase: tuple(draw.take(baskets, sizes[phase])) for phase in Phase}
        parts[Phase.OUTAGE] = draw.with_fates(parts[Phase.OUTAGE], has_kill=till == 0)
        phases.append(parts)
    return SalesPlan(tuple(phases), tuple(draw.drawer(till) for till in range(TILLS)))


class _Draw:
    """Draws customers and drawers."""

    def __init__(self, random: Random, season: Season) -> None:
        self._random = random
        self._season = season

    def baskets(self, count: int) -> list[Basket]:
        """Draw baskets; every way of paying is among them, a student and a family."""
        ways = [*_PAID_BY]
        ways += self._random.choices(ways, weights=[*_PAID_BY.values()], k=count - len(ways))
        self._random.shuffle(ways)
        # The first two are sold last, when no fate draws them anew.
        return [
            self._basket(pay, wants=None if number else _FAMILY, students=number == 1)
            for number, pay in enumerate(ways)
        ]

    def take(self, baskets: list[Basket], count: int) -> Iterator[Customer]:
        """Yield so many customers, with the next baskets."""
        for _ in range(count):
            yield Customer(baskets.pop())

    def with_fates(
        self, customers: tuple[Customer, ...], *, has_kill: bool
    ) -> tuple[Customer, ...]:
        """Let some sales be voided, and one be the agent's last before it is killed."""
        fated = list(customers)
        numbers = list(range(len(fated)))
        self._random.shuffle(numbers)
        # No other way of paying gives way to the cash of the first void, if it need not.
        numbers.sort(key=lambda number: fated[number].basket.pay is not Pay.CASH)
        fates = [Fate.VOIDED] * max(2, len(fated) // _SALES_FOR_A_VOID)
        fates += [Fate.KILLED] if has_kill else []
        for number, fate in zip(numbers, fates, strict=False):
            # Its ticket is tried at tonight's gate; of the voids, the first gives cash back.
            pay = Pay.CASH if number == numbers[0] else fated[number].basket.pay
            fated[number] = Customer(self._basket(pay, tonight=True), fate)
        return tuple(fated)

    def drawer(self, till: int) -> DrawerPlan:
        """Draw what happens to a drawer; the first is counted exact, the others are not."""
        off = Decimal(self._random.choice((-1, 1)) * self._random.randint(5, 495)) / 100
        return DrawerPlan(
            opening_float=f"{self._random.randrange(100, 260, 10)}.00",
            paid_in=f"{self._random.randrange(500, 4000, 5) / 100:.2f}",
            paid_out=f"{self._random.randrange(4000, 9000, 500) / 100:.2f}",
            off=off if till else Decimal(0),
        )

    def _basket(
        self,
        pay: Pay,
        *,
        tonight: bool = False,
        wants: tuple[tuple[int, int], ...] | None = None,
        students: bool = False,
    ) -> Basket:
        random = self._random
        later = range(1, len(self._season.events))
        event = 0 if tonight or random.random() < _TONIGHT else random.choice(later)
        quantities = [(ADULT, random.randint(1, 3))]
        if random.random() < _OTHER_TYPE:
            quantities.append((1, random.randint(1, 2)))
        if random.random() < _OTHER_TYPE:
            quantities.append((CHILD, random.randint(1, 3)))
        reduced = random.randint(1, 2) if students or random.random() < _STUDENTS else 0
        return self._paid(Basket(event, wants or tuple(quantities), pay, reduced=reduced))

    def _paid(self, basket: Basket) -> Basket:
        random, total = self._random, total_of(basket, self._season).amount
        reference = f"{random.randrange(10_000):04}-{random.randrange(10_000):04}"
        match basket.pay:
            case Pay.EXACT_CASH:
                return basket
            case Pay.CASH:
                note = random.choice(_NOTES)
                return replace(basket, given=str((int(total) // note + 1) * note))
            case Pay.CARD:
                return replace(basket, words=reference)
            case Pay.SPLIT:
                part = random.randrange(5, int(total), 5)
                return replace(basket, given=str(part), words=reference)
            case Pay.COMPLIMENTARY:
                return replace(basket, words=random.choice(_REASONS))
