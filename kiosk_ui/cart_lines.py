"""What a cart has and costs, in lines for the screen. No state, no I/O."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kiosk_contracts.money import Money
from kiosk_contracts.selling import CartLine, CatalogueEvent
from kiosk_ui.cleaning import clean


class LineKey(NamedTuple):
    """A line of a cart: tickets of a type, at its price or by a concession."""

    event_id: str
    ticket_type_id: str
    concession_id: str = ""


class CartRow(NamedTuple):
    """A line as it is shown; without tickets it takes something off."""

    tickets: int | None
    name: str
    amount: Money


def kind_words(type_name: str, reduced_by: str) -> str:
    """Return e.g. `Adult, Student`: a ticket type, and by what its price is reduced."""
    return clean(f"{type_name}, {reduced_by}" if reduced_by else type_name)


def price_in(event: CatalogueEvent, key: LineKey) -> Money | None:
    """Return what one ticket of an event costs by itself; None if it has no such type."""
    for kind in event.ticket_types:
        if kind.ticket_type_id == key.ticket_type_id:
            offers = {one.concession_id: one.unit_price for one in kind.concessions}
            return offers.get(key.concession_id) if key.concession_id else kind.unit_price
    return None


def cart_rows(lines: Sequence[CartLine]) -> Iterator[CartRow]:
    """Yield what is in a cart: where a rule applies at list price, and below what it saves."""
    counts: dict[tuple[str, Money], int] = {}
    for line in lines:
        listed = line.list_price if line.rule_id else None
        kind = kind_words(line.ticket_type_name, "" if listed else line.reduced_by)
        key = (f"{kind} · {clean(line.event_name)}", listed or line.unit_price)
        counts[key] = counts.get(key, 0) + len(line.serials)
    for (name, price), count in counts.items():
        yield CartRow(count, name, price * count)
    for name, saved in savings(lines).items():
        yield CartRow(None, name, Money.zero(saved.currency) - saved)


def savings(lines: Sequence[CartLine]) -> Mapping[str, Money]:
    """Return what each price rule saves, by its name."""
    saved: dict[str, Money] = {}
    for line in lines:
        if line.rule_id and line.list_price is not None:
            name, nothing = clean(line.reduced_by), Money.zero(line.unit_price.currency)
            less = (line.list_price - line.unit_price) * len(line.serials)
            saved[name] = saved.get(name, nothing) + less
    return saved
