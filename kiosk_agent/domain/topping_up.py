"""Which ticket types to ask more stock for, and how many: pure planning."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from kiosk_contracts.allotments import MAX_SERIALS_PER_REQUEST
from kiosk_contracts.catalogue import Catalogue, Event, EventState


@dataclass(frozen=True, slots=True)
class TypeStock:
    """What the journal has of a ticket type."""

    sellable: int
    """Available under a lease that has not ended."""
    unsold: int
    """All that the ticket API counts as held unsold: also what carts hold, what stands under ended
    leases, and what was sold or returned and has not settled."""

    def plus(self, *, sellable: int, unsold: int) -> "TypeStock":
        """Return the stock with another allotment's added."""
        return TypeStock(self.sellable + sellable, self.unsold + unsold)


@dataclass(frozen=True, slots=True)
class TopUp:
    """Ask for up to `quantity` serials of a type."""

    event_id: str
    ticket_type_id: str
    quantity: int


def plan_top_ups(
    catalogue: Catalogue,
    stock: Mapping[tuple[str, str], TypeStock],
    waiting: AbstractSet[tuple[str, str]],
    now: datetime,
) -> list[TopUp]:
    """Return what to ask for, in the order of the catalogue.

    A type in `waiting` (asked and not answered yet, or granted nothing a moment ago) is left out.
    """
    return [
        TopUp(event.event_id, ticket_type.ticket_type_id, quantity)
        for event in catalogue.events
        if _sells(event, now)
        for ticket_type in event.ticket_types
        if (key := (event.event_id, ticket_type.ticket_type_id)) not in waiting
        and (quantity := _missing(event, stock.get(key, TypeStock(0, 0)))) > 0
    ]


def _sells(event: Event, now: datetime) -> bool:
    return event.state == EventState.ON_SALE and now < event.sales_close_at


def _missing(event: Event, stock: TypeStock) -> int:
    rule = event.stock_rule
    if stock.sellable >= rule.top_up_below:
        return 0
    return min(rule.per_kiosk - stock.unsold, MAX_SERIALS_PER_REQUEST)
