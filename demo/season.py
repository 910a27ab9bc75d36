"""A small season for one run: three shows at one venue, with few enough places to sell out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from kiosk_contracts.catalogue import Event, EventState, PriceList, StockRule, TicketType
from kiosk_contracts.money import Money
from kiosk_contracts.price_terms import Concession, PriceRule

CURRENCY: Final = "EUR"
VENUE_ID: Final = "harbour-hall"
VENUE_NAME: Final = "Harbour Hall"
SMALL_TYPE: Final = "box"
"""The ticket type that is made to sell out."""

SHOWS: Final = (
    "The Tempest",
    "Nordic Strings",
    "Winter Circus",
    "Così fan tutte",
    "Late Night Jazz",
    "The Snow Queen",
    "Poetry and Piano",
)


@dataclass(frozen=True, slots=True)
class Season:
    """What the venue sells in this run."""

    events: tuple[Event, ...]
    """Soonest first, as the kiosks list them."""

    @property
    def gate_event(self) -> Event:
        """The show that gates admit to in the run."""
        return self.events[0]

    @property
    def small_event(self) -> Event:
        """The show whose SMALL_TYPE is made to sell out."""
        return next(event for event in self.events if _has_small_type(event))


def make_season(random: Random, now: datetime) -> Season:
    """Return a season drawn from `random`, with tonight's show first.

    Two kiosks' shares of SMALL_TYPE add up to more than there are places, so that the inventory
    and not the stock rule is what ends its sale.
    """
    names = random.sample(SHOWS, 3)
    tonight = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return Season(
        tuple(
            _event(random, number, name, tonight + timedelta(hours=3 + 24 * number))
            for number, name in enumerate(names)
        )
    )


def _event(random: Random, number: int, name: str, starts_at: datetime) -> Event:
    adult = Decimal(random.randrange(18, 46))
    types = [("adult", "Adult", 160, adult), ("concession", "Concession", 120, adult - 6)]
    rule = StockRule(per_kiosk=40, keep_back=0, top_up_below=20)
    if number == 1:
        places = random.choice((6, 7, 8))
        types = [
            ("studio", "Studio seat", 24, adult),
            (SMALL_TYPE, "Box seat", places, adult + Decimal("12.50")),
        ]
        rule = StockRule(per_kiosk=5, keep_back=0, top_up_below=2)
    return make_event(number, name, starts_at, types, rule)


def make_event(  # noqa: PLR0913  what an event is made of
    number: int,
    name: str,
    starts_at: datetime,
    types: Sequence[tuple[str, str, int, Decimal]],
    rule: StockRule,
    *,
    concessions: Sequence[Concession] = (),
    rules: Sequence[PriceRule] = (),
) -> Event:
    """Return the season's event of that number, on sale; `types` are (id, name, places, price)."""
    prices = {type_id: Money(amount=price, currency=CURRENCY) for type_id, _, _, price in types}
    return Event(
        event_id=f"{VENUE_ID}-{number + 1}",
        event_no=101 + number,
        venue_id=VENUE_ID,
        name=name,
        starts_at=starts_at,
        sales_close_at=starts_at + timedelta(minutes=30),
        state=EventState.ON_SALE.value,
        ticket_types=tuple(
            TicketType(ticket_type_id=type_id, type_no=type_no, name=type_name, capacity=capacity)
            for type_no, (type_id, type_name, capacity, _) in enumerate(types, start=1)
        ),
        price_list=PriceList(
            version=1, prices=prices, concessions=tuple(concessions), rules=tuple(rules)
        ),
        stock_rule=rule,
    )


def _has_small_type(event: Event) -> bool:
    return any(each.ticket_type_id == SMALL_TYPE for each in event.ticket_types)


def season_file(season: Season) -> dict[str, Any]:
    """Return the season as `ticket-api seed --season` reads it."""
    events = [event.to_json() for event in season.events]
    return {"venues": [{"venue_id": VENUE_ID, "name": VENUE_NAME, "events": events}]}


def shown(amount: Decimal) -> str:
    """Return an amount as the kiosks' screens show it, e.g. `€1,250.00`."""
    return f"{'-' if amount < 0 else ''}€{abs(amount):,.2f}"
