"""Carts and sales from the serials that are held: lines, totals, tickets."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from kiosk_agent.domain.holds import ends_in_s
from kiosk_agent.domain.leases import Moment
from kiosk_agent.domain.records import StockItem, StoredCart
from kiosk_contracts.catalogue import Catalogue, Event, TicketType
from kiosk_contracts.money import Money, total
from kiosk_contracts.payloads import SaleLine
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


def total_of(items: Iterable[StockItem], currency: str) -> Money:
    """Return what the items cost."""
    return total((item.unit_price for item in items), currency)


def cart_of(
    stored: StoredCart,
    items: Sequence[StockItem],
    catalogue: Catalogue | None,
    moment: Moment,
    currency: str,
) -> Cart:
    """Return a cart as the UI shows it; a line splits where prices differ."""
    lines = []
    for group in _priced_groups(items, catalogue):
        first = group[0]
        event_name, type_name = _names(catalogue, first)
        lines.append(
            CartLine(
                event_id=first.event_id,
                event_name=event_name,
                ticket_type_id=first.ticket_type_id,
                ticket_type_name=type_name,
                price_list_version=first.price_list_version,
                unit_price=first.unit_price,
                serials=tuple(item.serial for item in group),
            )
        )
    return Cart(
        txn_id=stored.txn_id,
        state=stored.state,
        cashier_id=stored.cashier_id,
        lines=tuple(lines),
        total=total_of(items, currency),
        taken=stored.taken,
        hold_ends_in_s=ends_in_s(stored, moment),
        opened_at=stored.opened_at,
    )


def sale_lines(items: Sequence[StockItem], catalogue: Catalogue | None) -> tuple[SaleLine, ...]:
    """Return the lines of a sale payload."""
    return tuple(
        SaleLine(
            event_id=group[0].event_id,
            ticket_type_id=group[0].ticket_type_id,
            price_list_version=group[0].price_list_version,
            unit_price=group[0].unit_price,
            serials=tuple(item.serial for item in group),
        )
        for group in _priced_groups(items, catalogue)
    )


def sold_tickets(items: Sequence[StockItem], catalogue: Catalogue | None) -> tuple[SoldTicket, ...]:
    """Return the tickets to hand over, in the order of the lines.

    Raises ValueError if an event is unknown: an event with stock stays in the catalogue.
    """
    tickets = []
    for item in (item for group in _priced_groups(items, catalogue) for item in group):
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
                unit_price=item.unit_price,
                starts_at=event.starts_at,
            )
        )
    return tuple(tickets)


def _priced_groups(
    items: Sequence[StockItem], catalogue: Catalogue | None
) -> list[list[StockItem]]:
    """Group items by what stands in one line, in the order of the catalogue."""
    wanted = {(item.event_id, item.ticket_type_id) for item in items}
    order = {
        kind: place
        for place, kind in enumerate(_kinds(catalogue) if len(wanted) > 1 else wanted)
        if kind in wanted
    }

    def line_of(item: StockItem) -> tuple[int, str, str, int, str]:
        kind = (item.event_id, item.ticket_type_id)
        return (order.get(kind, _LAST), *kind, item.price_list_version, str(item.unit_price))

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
