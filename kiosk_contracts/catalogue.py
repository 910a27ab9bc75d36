"""Events, ticket types and price lists, as the ticket API grants them to a venue's kiosks."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field, JsonValue

from kiosk_contracts.ids import EventId, TicketTypeId, VenueId
from kiosk_contracts.money import Money
from kiosk_contracts.price_terms import Concession, PriceRule, Terms, read_terms
from kiosk_contracts.text import PlainName
from kiosk_contracts.wire import WireModel


class EventState(StrEnum):
    """Whether an event sells."""

    ON_SALE = "on_sale"
    CANCELLED = "cancelled"


class TicketType(WireModel):
    """A price category of an event."""

    ticket_type_id: TicketTypeId
    type_no: int = Field(ge=1, le=255)
    """The number that ticket codes carry."""
    name: PlainName
    capacity: int = Field(ge=0)
    """Places of this type in the house."""


_Concession = Annotated[Concession | JsonValue, Field(union_mode="left_to_right")]
_PriceRule = Annotated[PriceRule | JsonValue, Field(union_mode="left_to_right")]


class PriceList(WireModel):
    """Prices of an event's ticket types; a new version never changes an old one."""

    version: int = Field(ge=1)
    prices: dict[TicketTypeId, Money]
    concessions: tuple[_Concession, ...] = ()
    """As a cashier chooses from them; one that cannot be read is kept, and used by nobody."""
    rules: tuple[_PriceRule, ...] = ()
    """In the order in which they apply; as for concessions."""

    def terms(self) -> Terms:
        """Return the concessions and rules that can be used, and what is wrong with the others."""
        return read_terms(self.concessions, self.rules, self.prices)


class StockRule(WireModel):
    """How much of an event's inventory one kiosk may hold unsold. Ops set it; staff see it."""

    per_kiosk: int = Field(ge=0)
    """Serials of one ticket type that a kiosk may hold at most."""
    keep_back: int = Field(ge=0)
    """Places of each type that are never leased to kiosks."""
    top_up_below: int = Field(ge=0)
    """A kiosk asks for more when fewer than this are left to sell."""


class Event(WireModel):
    """A show on sale."""

    event_id: EventId
    event_no: int = Field(ge=1, lt=1 << 24)
    """The number that ticket codes carry."""
    venue_id: VenueId
    name: PlainName
    starts_at: AwareDatetime
    sales_close_at: AwareDatetime
    state: str
    """An EventState, or one that only a newer peer knows (which sells nothing)."""
    ticket_types: Annotated[tuple[TicketType, ...], Field(min_length=1)]
    price_list: PriceList
    stock_rule: StockRule


class Catalogue(WireModel):
    """What a venue's kiosks may sell, at one moment."""

    venue_id: VenueId
    venue_name: PlainName
    version: int
    """Grows with every change of any event of the venue."""
    events: tuple[Event, ...]
