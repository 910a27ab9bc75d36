"""What training mode sells: the venue's own shows, as tickets that let nobody in. Pure.

Its tickets are signed with a key that is made for the day and forgotten, under the number of the
venue's own key: every real gate knows that number, and calls such a ticket forged.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid4

from kiosk_agent.domain.leases import Moment
from kiosk_agent.domain.records import Lease
from kiosk_contracts.allotments import Allotment, SignedTicket
from kiosk_contracts.catalogue import (
    Catalogue,
    Event,
    EventState,
    PriceList,
    StockRule,
    TicketType,
)
from kiosk_contracts.gates import VerifyKey
from kiosk_contracts.money import Money
from kiosk_contracts.serials import format_serial
from kiosk_contracts.ticket_code import TicketCode, TicketFacts
from kiosk_texts import tr

KIOSK_CODE: Final = "TRAIN"
"""In every receipt number of training mode, so that none can be taken for a real one."""
EACH: Final = 60
"""Tickets of each type to practise with."""
_LASTS: Final = timedelta(days=2)
_BEGINS_IN: Final = timedelta(hours=2)
_MOST_EVENTS: Final = 6

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class RealKiosk:
    """What training takes over from the kiosk itself."""

    catalogue: Catalogue | None
    keys: tuple[VerifyKey, ...]
    venue_name: str


def practice_catalogue(kiosk: RealKiosk, currency: str, now: datetime) -> Catalogue:
    """Return the venue's shows as if they began soon; a sample show where none is known."""
    real = kiosk.catalogue
    events = [event for event in (real.events if real else ()) if _can_be_sold(event, currency)]
    shown = sorted(events, key=lambda event: event.starts_at)[:_MOST_EVENTS]
    return Catalogue(
        venue_id=real.venue_id if real else "training",
        venue_name=(real.venue_name if real else kiosk.venue_name) or tr("Training"),
        version=1,
        events=tuple(_soon(event, now) for event in shown) or (_sample(currency, now),),
    )


def practice_key(public_key: bytes, known: Sequence[VerifyKey], now: datetime) -> VerifyKey:
    """Return the key that training's own gate goes by, under the number of the newest real one."""
    number = max((key.key_id for key in known), default=1)
    return VerifyKey(key_id=number, public_key=public_key.hex(), published_at=now, signs_from=now)


def practice_stock(
    catalogue: Catalogue, key_id: int, sign: Sign, moment: Moment
) -> Iterator[tuple[Lease, Allotment]]:
    """Return stock of every type, as if it had been asked for and granted just now."""
    number = 0
    for event in catalogue.events:
        for kind in event.ticket_types:
            numbers = range(number, number + EACH)
            number += EACH
            request = _request(event, kind, moment)
            codes = [_ticket(event, kind, each, key_id, sign) for each in numbers]
            yield request, _granted(request.request_id, event, kind, codes, moment.now)


def _can_be_sold(event: Event, currency: str) -> bool:
    prices = event.price_list.prices
    return event.state == EventState.ON_SALE and all(
        kind.ticket_type_id in prices and prices[kind.ticket_type_id].currency == currency
        for kind in event.ticket_types
    )


def _soon(event: Event, now: datetime) -> Event:
    starts_at = (now + _BEGINS_IN).replace(minute=0, second=0, microsecond=0)
    return event.model_copy(update={"starts_at": starts_at, "sales_close_at": now + _LASTS})


def _sample(currency: str, now: datetime) -> Event:
    names = {"adult": (tr("Adult"), "20"), "child": (tr("Child"), "10")}
    event = Event(
        event_id="practice",
        event_no=1,
        venue_id="training",
        name=tr("Practice night"),
        starts_at=now,
        sales_close_at=now,
        state=EventState.ON_SALE,
        ticket_types=tuple(
            TicketType(ticket_type_id=key, type_no=number, name=name, capacity=EACH)
            for number, (key, (name, _)) in enumerate(names.items(), start=1)
        ),
        price_list=PriceList(
            version=1,
            prices={
                key: Money(amount=Decimal(price), currency=currency)
                for key, (_, price) in names.items()
            },
        ),
        stock_rule=StockRule(per_kiosk=EACH, keep_back=0, top_up_below=0),
    )
    return _soon(event, now)


def _request(event: Event, kind: TicketType, moment: Moment) -> Lease:
    return Lease(
        request_id=uuid4(),
        event_id=event.event_id,
        ticket_type_id=kind.ticket_type_id,
        quantity=EACH,
        asked_at=moment.now,
        asked_boottime_ms=moment.boottime_ms,
        asked_boot_id=moment.boot_id,
        allotment_id=None,
        lease_s=None,
    )


def _ticket(event: Event, kind: TicketType, number: int, key_id: int, sign: Sign) -> SignedTicket:
    facts = TicketFacts(key_id, event.event_no, kind.type_no, format_serial(number))
    code = TicketCode(facts, sign(facts.signed_bytes())).encode()
    return SignedTicket(serial=facts.serial, code=code)


def _granted(
    request_id: UUID,
    event: Event,
    kind: TicketType,
    tickets: Sequence[SignedTicket],
    now: datetime,
) -> Allotment:
    return Allotment(
        allotment_id=uuid4(),
        request_id=request_id,
        journal_id=uuid4(),
        event_id=event.event_id,
        ticket_type_id=kind.ticket_type_id,
        price_list_version=event.price_list.version,
        unit_price=event.price_list.prices[kind.ticket_type_id],
        granted_at=now,
        lease_s=int(_LASTS.total_seconds()),
        tickets=tuple(tickets),
    )
