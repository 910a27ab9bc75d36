"""What each ticket of a cart costs: list price, concession or price rule. Pure.

A ticket's price is its list price, which came with its lease, or by one concession, or by one rule:
never by two of them. Concessions are chosen, so they come first, and such a ticket is in no rule.
Rules apply by themselves, in the order of the price list, each as often as it finds a set that it
makes cheaper; a set takes the dearest tickets that are left. What serials, lines and items are
called or in which order they come decides nothing that anybody pays.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from kiosk_agent.domain.records import StockItem, TicketPrice
from kiosk_contracts.catalogue import PriceList
from kiosk_contracts.money import Money, total
from kiosk_contracts.price_terms import FixedPrice, PriceRule, Terms, reduced

Chosen = Mapping[tuple[str, str, str], int]
"""How many tickets by event id, ticket type id and concession id; an empty one: by none."""


@dataclass(frozen=True, slots=True)
class PricedItem:
    """A ticket and what it costs."""

    item: StockItem
    price: TicketPrice


def price_tickets(
    items: Iterable[StockItem], chosen: Chosen, price_lists: Mapping[str, PriceList]
) -> tuple[TicketPrice, ...]:
    """Return the price of each item, in order of event, type, list price (dearest first), serial.

    `chosen` counts the tickets that have a concession; what is beyond the items or not offered for
    the type changes nothing. `price_lists` are by event; without one there is neither.
    """
    by_event: dict[str, list[StockItem]] = {}
    for item in sorted(items, key=_rank):
        by_event.setdefault(item.event_id, []).append(item)
    return tuple(
        price
        for event_id, tickets in by_event.items()
        for price in _price_event(tickets, chosen, price_lists.get(event_id))
    )


def with_prices(
    items: Iterable[StockItem], prices: Iterable[TicketPrice]
) -> tuple[PricedItem, ...]:
    """Return items with their prices; one that has none costs its list price."""
    known = {price.serial: price for price in prices}
    return tuple(
        PricedItem(item, known.get(item.serial) or TicketPrice(item.serial, item.unit_price))
        for item in items
    )


def total_of(priced: Iterable[PricedItem], currency: str) -> Money:
    """Return what the tickets cost together."""
    return total((one.price.unit_price for one in priced), currency)


def _rank(item: StockItem) -> tuple[str, str, Decimal, str]:
    return item.event_id, item.ticket_type_id, -item.unit_price.amount, item.serial


def _dearest(item: StockItem) -> tuple[Decimal, str, str]:
    return -item.unit_price.amount, item.ticket_type_id, item.serial


def _price_event(
    items: Sequence[StockItem], chosen: Chosen, price_list: PriceList | None
) -> Iterator[TicketPrice]:
    terms = price_list.terms() if price_list else Terms()
    version = price_list.version if price_list else None
    prices = {
        item.serial: TicketPrice(item.serial, item.unit_price, rules_version=version)
        for item in items
    }
    for price in _by_concession(items, chosen, terms, version):
        prices[price.serial] = price
    plain = [item for item in items if not prices[item.serial].concession_id]
    for rule in terms.rules:
        for price in _by_rule(rule, plain, version):
            prices[price.serial] = price
        plain = [item for item in plain if not prices[item.serial].rule_id]
    yield from prices.values()


def _by_concession(
    items: Sequence[StockItem], chosen: Chosen, terms: Terms, version: int | None
) -> Iterator[TicketPrice]:
    by_type: dict[tuple[str, str], list[StockItem]] = {}
    for item in items:
        by_type.setdefault((item.event_id, item.ticket_type_id), []).append(item)
    for (event_id, type_id), tickets in by_type.items():
        left = iter(tickets)
        for concession in terms.concessions:
            key = concession.concession_id
            if type_id in concession.ticket_type_ids:
                for item in islice(left, chosen.get((event_id, type_id, key), 0)):
                    price = reduced(item.unit_price, concession.reduction)
                    yield TicketPrice(item.serial, price, key, "", version)


def _by_rule(
    rule: PriceRule, items: Sequence[StockItem], version: int | None
) -> Iterator[TicketPrice]:
    """Yield the prices of every set that the rule makes cheaper, the dearest set first."""
    pools = [
        sorted(
            (item for item in items if item.ticket_type_id in part.ticket_type_ids), key=_dearest
        )
        for part in rule.parts
    ]
    sets = 0
    while all(len(pool) >= part.quantity for pool, part in zip(pools, rule.parts, strict=True)):
        if rule.at_most is not None and sets >= rule.at_most:
            return
        sizes = [
            len(pool) if rule.or_more else part.quantity
            for pool, part in zip(pools, rule.parts, strict=True)
        ]
        one_set = [item for pool, size in zip(pools, sizes, strict=True) for item in pool[:size]]
        prices = _set_prices(rule, one_set)
        before = [item.unit_price.amount for item in one_set]
        if sum(price.amount for price in prices) >= sum(before):
            # Later sets are of cheaper tickets, so they save nothing either.
            return
        for item, price in zip(one_set, prices, strict=True):
            yield TicketPrice(item.serial, price, "", rule.rule_id, version)
        pools = [pool[size:] for pool, size in zip(pools, sizes, strict=True)]
        sets += 1


def _set_prices(rule: PriceRule, items: Sequence[StockItem]) -> list[Money]:
    if isinstance(rule.reduction, FixedPrice):
        return spread(rule.reduction.amount, [item.unit_price for item in items])
    return [reduced(item.unit_price, rule.reduction) for item in items]


def spread(sum_: Money, weights: Sequence[Money]) -> list[Money]:
    """Divide an amount by weights, to the minor unit: the parts are `sum_` together.

    Each is rounded down, and what is missing goes, one minor unit each, to those that lost most by
    it; of equal ones to the first. No part is more than its weight unless `sum_` is more than all.
    Weights that are nothing together are taken as they are, so the parts are nothing, too.
    """
    unit = Decimal(1).scaleb(int(sum_.amount.as_tuple().exponent))
    units = [int(weight.amount / unit) for weight in weights]
    of_all, to_give = sum(units), int(sum_.amount / unit)
    if not of_all:
        return list(weights)
    shares = [divmod(to_give * one, of_all) for one in units]
    missing = to_give - sum(whole for whole, _ in shares)
    lost_most = sorted(range(len(shares)), key=lambda place: -shares[place][1])[:missing]
    return [
        Money(amount=(whole + (place in lost_most)) * unit, currency=sum_.currency)
        for place, (whole, _) in enumerate(shares)
    ]
