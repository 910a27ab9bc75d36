"""Blocks of serials leased to one journal."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from kiosk_contracts.ids import AllotmentId, EventId, JournalId, RequestId, TicketTypeId
from kiosk_contracts.money import Money
from kiosk_contracts.serials import Serial
from kiosk_contracts.text import PlainText
from kiosk_contracts.wire import WireModel

MAX_SERIALS_PER_REQUEST: Final = 500
MOST_RESERVED: Final = 4
"""Of one type in one kiosk's sealed reserve, however large the house."""
_RESERVE_ONE_IN: Final = 20


def reserve_share(capacity: int) -> int:
    """Return how many places of a type one kiosk may lay by in a sealed reserve.

    None of a type with fewer than 20 places: a small one must not vanish into reserves.
    """
    return min(MOST_RESERVED, capacity // _RESERVE_ONE_IN)


class LimitedBy(StrEnum):
    """Why fewer serials were granted than asked for."""

    NOTHING = ""
    INVENTORY = "inventory"
    STOCK_RULE = "stock_rule"
    SALES_CLOSED = "sales_closed"
    CANCELLED = "cancelled"


class AllotmentRequest(WireModel):
    """Ask for up to `quantity` serials. The same request id gets the same answer for ever."""

    request_id: RequestId
    journal_id: JournalId
    event_id: EventId
    ticket_type_id: TicketTypeId
    quantity: int = Field(strict=True, ge=1, le=MAX_SERIALS_PER_REQUEST)
    epoch: int = Field(default=0, ge=0)
    """The journal's, which the kiosk takes if it never had one as high; 0: not said."""
    reserve: bool = False
    """For the sealed reserve: `journal_id` is that of a journal that has yet to begin."""


class SignedTicket(WireModel):
    """A serial and its ticket code, signed by the ticket API."""

    serial: Serial
    code: Annotated[str, Field(max_length=121)]


class Allotment(WireModel):
    """What was granted: possibly fewer than asked for, possibly none."""

    allotment_id: AllotmentId
    request_id: RequestId
    journal_id: JournalId
    event_id: EventId
    ticket_type_id: TicketTypeId
    price_list_version: int = Field(ge=1)
    unit_price: Money
    granted_at: AwareDatetime
    lease_s: int = Field(ge=0)
    """Selling stops this many seconds after the *asking*; it frees no place."""
    tickets: tuple[SignedTicket, ...]
    limited_by: str = ""
    """A LimitedBy."""


class WriteOff(WireModel):
    """An operator's decision that a kiosk's unsold serials are lost.

    The risk: a kiosk that sold some of them unseen has sold places that are given out again, which
    is then flagged.
    """

    request_id: RequestId
    journal_id: JournalId
    event_id: EventId | None = None
    """Only this event's serials; None for all that the journal holds."""
    operator: PlainText
    reason: Annotated[PlainText, Field(min_length=1)]
    risk_accepted: bool
    """Must be true: the operator has read the risk."""


class WriteOffResult(WireModel):
    """What a write-off revoked."""

    request_id: RequestId
    serials: tuple[Serial, ...]
