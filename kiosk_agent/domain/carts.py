"""Carts and sales from the serials that are held: lines, totals, tickets."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from kiosk_agent.domain.holds import ends_in_s
from kiosk_agent.domain.leases import Moment
from kiosk_agent.domain.pricing import PricedItem, total_of
from kiosk_agent.domain.records import StockItem, StoredCart
from kiosk_contracts.catalogue import Catalogue, Event, TicketType
from kiosk_contracts.payloads import SaleLine
from kiosk_contracts.price_terms import Concession, PriceRule
from kiosk_contracts.selling import Cart, CartLine, SoldTicket

_LAST: Final = 1 << 30


def find_event(catalogue: Catalogue | None, event_id: str) -> Event | None:
    """Return an event of the catalogue, or None."""
    events = catalogue.events if catalogue else ()
    return next((event for event in events if event.event_id == event_id), None)


def find_type(event: Event, ticket_type_id: str) -> TicketType | None:
    """Return a ticket type of the event, or None."""
    return next(
        (kind for kind in event.ticket_types if kind.ticket_type_id == ticket_type_id), None
    )


def in_words(event: Event, ticket_type: TicketType) -> str:
    """Return e.g. `Tide & Timber, Adult`."""
    return f"{event.name}, {ticket_type.name}"


def reduced_by(catalogue: Catalogue | None, event_id: str, reduction_id: str) -> str:
    """Return the name of a concession or price rule; its id if the event has none of that id."""
    event = find_event(catalogue, event_id) if reduction_id else None
    terms = (*event.price_list.concessions, *event.price_list.rules) if event else ()
    for one in terms:
        match one:
            case Concession(concession_id=known, name=name) | PriceRule(rule_id=known, name=name):
                if known == reduction_id:
                    return name
            case _:
                pass
    return reduction_id


def cart_of(
    stored: StoredCart,
    items: Sequence[PricedItem],
    catalogue: Catalogue | None,
    moment: Moment,
    currency: str,
) -> Cart:
    """Return a cart as the UI shows it; a line splits where prices differ."""
    return Cart(
        txn_id=stored.txn_id,
        state=stored.state,
        cashier_id=stored.cashier_id,
        lines=tuple(_cart_line(group, catalogue) for group in _priced_groups(items, catalogue)),
        total=total_of(items, currency),
        taken=stored.taken,
        hold_ends_in_s=ends_in_s(stored, moment),
        opened_at=stored.opened_at,
    )


def _cart_line(group: Sequence[PricedItem], catalogue: Catalogue | None) -> CartLine:
    item, price = group[0].item, group[0].price
    event_name, type_name = _names(catalogue, item)
    return CartLine(
        event_id=item.event_id,
        event_name=event_name,
        ticket_type_id=item.ticket_type_id,
        ticket_type_name=type_name,
        price_list_version=item.price_list_version,
        unit_price=price.unit_price,
        list_price=item.unit_price,
        concession_id=price.concession_id,
        rule_id=price.rule_id,
        reduced_by=reduced_by(catalogue, item.event_id, price.concession_id or price.rule_id),
        serials=tuple(one.item.serial for one in group),
    )


def sale_lines(items: Sequence[PricedItem], catalogue: Catalogue | None) -> tuple[SaleLine, ...]:
    """Return the lines of a sale payload."""
    return tuple(
        SaleLine(
            event_id=first.item.event_id,
            ticket_type_id=first.item.ticket_type_id,
            price_list_version=first.item.price_list_version,
            unit_price=first.price.unit_price,
            concession_id=first.price.concession_id,
            rule_id=first.price.rule_id,
            rules_version=first.price.rules_version,
            serials=tuple(one.item.serial for one in (first, *others)),
        )
        for first, *others in _priced_groups(items, catalogue)
    )


def sold_tickets(
    items: Sequence[PricedItem], catalogue: Catalogue | None
) -> tuple[SoldTicket, ...]:
    """Return the tickets to hand over, in the order of the lines.

    Raises ValueError if an event is unknown: an event with stock stays in the catalogue.
    """
    tickets = []
    for one in (one for group in _priced_groups(items, catalogue) for one in group):
        item, price = one.item, one.price
        event = find_event(catalogue, item.event_id)
        if event is None:
            msg = f"event {item.event_id} has stock, but is not in the catalogue"
            raise ValueError(msg)
        tickets.append(
            SoldTicket(
                serial=item.serial,
                code=item.code,
                event_id=item.event_id,
                event_name=event.name,
                ticket_type_name=_names(catalogue, item)[1],
                unit_price=price.unit_price,
                list_price=item.unit_price,
                concession_id=price.concession_id,
                rule_id=price.rule_id,
                reduced_by=reduced_by(
                    catalogue, item.event_id, price.concession_id or price.rule_id
                ),
                starts_at=event.starts_at,
            )
        )
    return tuple(tickets)


def _priced_groups(
    items: Sequence[PricedItem], catalogue: Catalogue | None
) -> list[list[PricedItem]]:
    """Group tickets by what stands in one line, in the order of the catalogue."""
    wanted = {(one.item.event_id, one.item.ticket_type_id) for one in items}
    order = {
        kind: place
        for place, kind in enumerate(_kinds(catalogue) if len(wanted) > 1 else wanted)
        if kind in wanted
    }

    def line_of(one: PricedItem) -> tuple[object, ...]:
        item, price = one.item, one.price
        kind = (item.event_id, item.ticket_type_id)
        by = (price.concession_id, price.rule_id, price.rules_version or 0, str(price.unit_price))
        list_price = (item.price_list_version, str(item.unit_price))
        return (order.get(kind, _LAST), *kind, *by, *list_price)

    return [list(group) for _, group in groupby(sorted(items, key=line_of), key=line_of)]


def _kinds(catalogue: Catalogue | None) -> Iterator[tuple[str, str]]:
    for event in catalogue.events if catalogue else ():
        for kind in event.ticket_types:
            yield event.event_id, kind.ticket_type_id


def _names(catalogue: Catalogue | None, item: StockItem) -> tuple[str, str]:
    event = find_event(catalogue, item.event_id)
    kind = find_type(event, item.ticket_type_id) if event else None
    return (
        event.name if event else item.event_id,
        kind.name if kind else item.ticket_type_id,
    )
