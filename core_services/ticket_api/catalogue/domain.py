"""What may change of an event: numbers are for ever, a price changes with its version only."""

from typing import Final

from kiosk_contracts.catalogue import Event
from kiosk_contracts.problem import ProblemCode, ProblemError

MAX_TICKET_TYPES: Final = 80
"""An event is written in one commit, with the inventory of each type."""


def check_event(event: Event) -> None:
    """Raise ProblemError 409 if `event` contradicts itself."""
    if len(event.ticket_types) > MAX_TICKET_TYPES:
        raise refused(event, f"an event has at most {MAX_TICKET_TYPES} ticket types")
    ids = [kind.ticket_type_id for kind in event.ticket_types]
    numbers = [kind.type_no for kind in event.ticket_types]
    if len(set(ids)) != len(ids) or len(set(numbers)) != len(numbers):
        raise refused(event, "two ticket types have the same id or number")
    if set(event.price_list.prices) != set(ids):
        raise refused(event, "the price list has a price for each ticket type and no other")
    prices = event.price_list.prices.values()
    if len({price.currency for price in prices}) != 1:
        raise refused(event, "the prices are in several currencies")
    if any(price.amount < 0 for price in prices):
        raise refused(event, "a price is negative")
    for fault in event.price_list.terms().faults:
        raise refused(event, fault)


def check_change(before: Event, after: Event, taken: dict[str, int]) -> None:
    """Raise ProblemError 409 if `before` may not become `after`.

    `taken` says how many places of each ticket type are leased or sold.
    """
    if (before.event_no, before.venue_id) != (after.event_no, after.venue_id):
        raise refused(after, "an event keeps its number and its venue: tickets carry the number")
    kept = {kind.ticket_type_id: kind for kind in after.ticket_types}
    for kind in before.ticket_types:
        same = kept.get(kind.ticket_type_id)
        if same is None or same.type_no != kind.type_no:
            raise refused(after, f"ticket type {kind.ticket_type_id} keeps its place and number")
        if same.capacity < taken.get(kind.ticket_type_id, 0):
            count = taken[kind.ticket_type_id]
            raise refused(after, f"{count} places of {kind.ticket_type_id} are leased or sold")
    _check_prices(before, after)


def _check_prices(before: Event, after: Event) -> None:
    if _currency(before) != _currency(after):
        raise refused(after, f"its prices stay in {_currency(before)}")
    if before.price_list == after.price_list:
        return
    expected = before.price_list.version + 1
    if after.price_list.version != expected:
        raise ProblemError(
            409,
            ProblemCode.PRICE_LIST_VERSION_WRONG,
            "A changed price list needs the next version",
            detail=f"event {after.event_id}: the next version is {expected}, "
            f"not {after.price_list.version}",
            hint="Give the price list that version, and put the event again.",
        )


def _currency(event: Event) -> str:
    return next(iter(event.price_list.prices.values())).currency


def refused(event: Event, detail: str) -> ProblemError:
    """Return the refusal of an event that may not be like this; `detail` says why."""
    return ProblemError(
        409,
        ProblemCode.EVENT_CHANGE_REFUSED,
        "The event cannot be like this",
        detail=f"event {event.event_id}: {detail}",
        hint="Correct the event, and put it again.",
    )
