"""The evening's venue: two tills and a gate, three shows with prices that need small change."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from demo.configs import Kiosk, Person, make_kiosk
from demo.prices import family, student
from demo.season import CURRENCY, SHOWS, Season, make_event
from demo.venue import MakeVenue, Venue
from kiosk_contracts.catalogue import Event, StockRule
from kiosk_contracts.money import Money

TILLS: Final = 2
GATE: Final = 2
"""Where the gate stands among the kiosks."""
_EVENTS: Final = 3
_PLACES_FOR_A_SALE: Final = 8
"""Each type has places for so many tickets a sale: nothing sells out, as it does in the demo."""
_FEWEST_PLACES: Final = 400
FEWEST_IN_STOCK: Final = 90
"""Of each type at each kiosk when the line is cut; more where more is sold."""


def evening_venue(sales: int) -> MakeVenue:
    """Return what draws a venue whose stock lasts for so many sales, also at one till alone."""

    def make(random: Random) -> Venue:
        return Venue(_kiosks(random), _season(random, sales, datetime.now(UTC)))

    return make


def _kiosks(random: Random) -> tuple[Kiosk, ...]:
    pins = [str(pin) for pin in random.sample(range(1000, 10000), 4)]
    manager = Person("mara-lind", "Mara Lind", "manager", pins[3])
    people = (
        Person("ana-ruiz", "Ana Ruiz", "cashier", pins[0]),
        Person("ben-okoro", "Ben Okoro", "cashier", pins[1]),
        Person("cleo-hahn", "Cleo Hahn", "gate", pins[2]),
    )
    names = (("hb-till-1", "HB1"), ("hb-till-2", "HB2"), ("hb-gate-1", "HB3"))
    return tuple(
        make_kiosk(kiosk_id, code, random, (person, manager))
        for (kiosk_id, code), person in zip(names, people, strict=True)
    )


def _season(random: Random, sales: int, now: datetime) -> Season:
    names = random.sample(SHOWS, _EVENTS)
    tonight = now.replace(minute=0, second=0, microsecond=0)
    return Season(
        tuple(
            _event(random, number, name, tonight + timedelta(hours=3 + 24 * number), sales)
            for number, name in enumerate(names)
        )
    )


def _event(random: Random, number: int, name: str, starts_at: datetime, sales: int) -> Event:
    adult = Decimal(random.randrange(180, 420)) / 10
    prices = (adult, adult - Decimal("6.20"), adult - Decimal("11.35"))
    places = max(_FEWEST_PLACES, _PLACES_FOR_A_SALE * sales)
    names = (("adult", "Adult"), ("concession", "Concession"), ("child", "Child"))
    types = [
        (type_id, type_name, places, price)
        for (type_id, type_name), price in zip(names, prices, strict=True)
    ]
    in_stock = stock_before_outage(sales)
    rule = StockRule(per_kiosk=in_stock * 4 // 3, keep_back=0, top_up_below=in_stock)
    whole, _, child = (Money(amount=price, currency=CURRENCY) for price in prices)
    return make_event(
        number,
        name,
        starts_at,
        types,
        rule,
        concessions=[student()],
        rules=[family(whole, child)],
    )


def stock_before_outage(sales: int) -> int:
    """Return how many tickets of each type a kiosk has at least while it is topped up."""
    return max(FEWEST_IN_STOCK, sales // 2)
