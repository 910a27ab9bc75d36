"""The rows of the Sell screen: an event's ticket types, and under them their concessions. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from kiosk_contracts.money import Money
from kiosk_contracts.selling import CartLine, CatalogueEvent, CatalogueType, OfferedConcession
from kiosk_texts import money, tr
from kiosk_ui.cart_lines import LineKey, kind_words, savings
from kiosk_ui.cleaning import clean
from kiosk_ui.widgets.lists.row_list import Row

_BETWEEN = "/"
"""Between the ids in a row's key; no id has it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the rows depend on besides the event."""

    left: Mapping[str, int]
    """By ticket type."""
    quantity: Callable[[LineKey], int]
    unfolded: AbstractSet[str]
    """Ticket types whose concessions are shown, wanted or not."""
    lines: Sequence[CartLine]
    """Of the cart: a concession that is wanted is shown even if it is not offered any more."""


def row_key(key: LineKey) -> str:
    """Return the key of a line's row."""
    if not key.concession_id:
        return key.ticket_type_id
    return f"{key.ticket_type_id}{_BETWEEN}{key.concession_id}"


def line_key(event_id: str, row: str) -> LineKey:
    """Return the line of a row."""
    type_id, _, concession_id = row.partition(_BETWEEN)
    return LineKey(event_id, type_id, concession_id)


def sell_rows(event: CatalogueEvent, shown: Shown) -> Iterator[Row]:
    """Yield a row for each type, and for each of its concessions that is wanted or unfolded."""
    for kind in event.ticket_types:
        key = LineKey(event.event_id, kind.ticket_type_id)
        left, price = str(shown.left[kind.ticket_type_id]), kind.unit_price
        yield Row(
            row_key(key),
            (
                clean(kind.name),
                money(price),
                left,
                *_counted(key, price, shown),
            ),
            note=clean(kind.why_not),
            dim=not kind.selling,
        )
        for one in _concessions(event.event_id, kind, shown.lines):
            of_it = key._replace(concession_id=one.concession_id)
            if shown.quantity(of_it) or kind.ticket_type_id in shown.unfolded:
                name, costs = f"  {clean(one.name)}", money(one.unit_price)
                yield Row(
                    row_key(of_it),
                    (name, costs, "", *_counted(of_it, one.unit_price, shown)),
                    note=tr("Ask for: {proof}", proof=clean(one.proof)) if one.proof else "",
                    dim=not kind.selling,
                )


def also(
    wanted: Mapping[LineKey, int], event_of: Callable[[str], CatalogueEvent | None]
) -> Iterator[str]:
    """Say what is wanted of other events; `event_of` finds one by its id."""
    for key, count in wanted.items():
        event = event_of(key.event_id)
        kinds = event.ticket_types if event is not None else ()
        of_type = [one for one in kinds if one.ticket_type_id == key.ticket_type_id]
        offers = {one.concession_id: one.name for kind in of_type for one in kind.concessions}
        kind = kind_words(
            of_type[0].name if of_type else key.ticket_type_id,
            offers.get(key.concession_id, key.concession_id),
        )
        name = event.name if event is not None else key.event_id
        yield tr("Also {count} {tickets}", count=count, tickets=f"{kind} · {clean(name)}")


def saved(lines: Sequence[CartLine]) -> Iterator[str]:
    """Say what each price rule saves on these lines."""
    for rule, amount in savings(lines).items():
        yield tr("{rule} saves {amount}", rule=rule, amount=money(amount))


def _counted(key: LineKey, price: Money, shown: Shown) -> tuple[str, str]:
    quantity = shown.quantity(key)
    return (str(quantity), money(price * quantity)) if quantity else ("·", "")


def _concessions(
    event_id: str, kind: CatalogueType, lines: Sequence[CartLine]
) -> Iterator[OfferedConcession]:
    yield from kind.concessions
    offered = {one.concession_id for one in kind.concessions}
    for line in lines:
        wanted = (line.event_id, line.ticket_type_id) == (event_id, kind.ticket_type_id)
        if wanted and line.concession_id and line.concession_id not in offered:
            offered.add(line.concession_id)
            yield OfferedConcession(
                concession_id=line.concession_id,
                name=line.reduced_by,
                proof="",
                unit_price=line.unit_price,
            )
