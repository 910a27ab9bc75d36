"""A season on sale at one venue, and stock of it: as large as a house's year."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid4

from kiosk_agent.domain.records import Lease
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.allotments import Allotment, SignedTicket
from kiosk_contracts.catalogue import Catalogue, Event, PriceList, StockRule, TicketType
from kiosk_contracts.money import Money
from kiosk_contracts.serials import format_serial

VENUE_ID: Final = "harbour-hall"
VENUE_NAME: Final = "Harbour Hall"
CURRENCY: Final = "EUR"
EVENT_ID: Final = "show-1"
TYPE_ID: Final = "adult"
PRICE: Final = Money(amount=Decimal("12.50"), currency=CURRENCY)
_SHOWS: Final = 150
TYPES: Final = (TYPE_ID, "child", "concession", "box")
_CODE_LENGTH: Final = 121
_GRANT: Final = 500
_LEASE_S: Final = 86_400


def catalogue(*, shows: int = _SHOWS, per_kiosk: int = 0) -> Catalogue:
    """Return a season; with `per_kiosk` 0 a kiosk asks for no stock by itself."""
    starts_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=12)
    return Catalogue(
        venue_id=VENUE_ID,
        venue_name=VENUE_NAME,
        version=1,
        events=tuple(
            _event(number, starts_at + timedelta(days=number - 1), per_kiosk)
            for number in range(1, shows + 1)
        ),
    )


def _event(number: int, starts_at: datetime, per_kiosk: int) -> Event:
    return Event(
        event_id=f"show-{number}",
        event_no=number,
        venue_id=VENUE_ID,
        name=f"Show {number} of the season",
        starts_at=starts_at,
        sales_close_at=starts_at,
        state="on_sale",
        ticket_types=tuple(
            TicketType(ticket_type_id=kind, type_no=place, name=kind.title(), capacity=1_000_000)
            for place, kind in enumerate(TYPES, start=1)
        ),
        price_list=PriceList(version=1, prices=dict.fromkeys(TYPES, PRICE)),
        stock_rule=StockRule(per_kiosk=per_kiosk, keep_back=0, top_up_below=0),
    )


def put_stock(
    writer: JournalWriter, clock: Clock, journal_id: UUID, first: int, count: int
) -> None:
    """Lease the serials numbered `first` on, of EVENT_ID and TYPE_ID, in grants of usual size."""
    for start in range(first, first + count, _GRANT):
        serials = [
            format_serial(number) for number in range(start, min(start + _GRANT, first + count))
        ]
        lease = _lease(clock, len(serials))
        writer.put_lease_request(lease)
        writer.put_allotment(_allotment(clock, lease, journal_id, serials))


def _lease(clock: Clock, quantity: int) -> Lease:
    return Lease(
        request_id=uuid4(),
        event_id=EVENT_ID,
        ticket_type_id=TYPE_ID,
        quantity=quantity,
        asked_at=clock.now(),
        asked_boottime_ms=clock.boottime_ms(),
        asked_boot_id=clock.boot_id(),
        allotment_id=None,
        lease_s=None,
    )


def _allotment(clock: Clock, lease: Lease, journal_id: UUID, serials: list[str]) -> Allotment:
    return Allotment(
        allotment_id=uuid4(),
        request_id=lease.request_id,
        journal_id=journal_id,
        event_id=EVENT_ID,
        ticket_type_id=TYPE_ID,
        price_list_version=1,
        unit_price=PRICE,
        granted_at=clock.now(),
        lease_s=_LEASE_S,
        tickets=tuple(
            SignedTicket(serial=serial, code=serial.ljust(_CODE_LENGTH, "X")) for serial in serials
        ),
    )
