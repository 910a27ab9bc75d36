"""A small season, and tickets that are really signed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk_contracts.catalogue import Catalogue, Event, PriceList, StockRule, TicketType
from kiosk_contracts.gates import VerifyKey
from kiosk_contracts.money import Money
from kiosk_contracts.ticket_code import TicketCode, TicketFacts

EVENT_NUMBERS = {"tide": 7, "quay": 8, "gone": 9}
TYPE_NUMBERS = {"adult": 1, "child": 2}


def euros(amount: str) -> Money:
    """Return an amount in EUR."""
    return Money(amount=Decimal(amount), currency="EUR")


def season(**states: str) -> Catalogue:
    """Return three events of two types each; `gone` is cancelled unless said otherwise."""
    names = {"tide": "Tide & Timber", "quay": "Quay Blues", "gone": "Gone with the Fog"}
    return Catalogue(
        venue_id="harbour-hall",
        venue_name="Harbour Hall",
        version=1,
        events=tuple(
            _event(event_id, name, {"gone": "cancelled", **states}.get(event_id, "on_sale"))
            for event_id, name in names.items()
        ),
    )


def _event(event_id: str, name: str, state: str) -> Event:
    starts_at = datetime(2026, 11, 23, 13 + EVENT_NUMBERS[event_id], 0, tzinfo=UTC)
    return Event(
        event_id=event_id,
        event_no=EVENT_NUMBERS[event_id],
        venue_id="harbour-hall",
        name=name,
        starts_at=starts_at,
        sales_close_at=starts_at,
        state=state,
        ticket_types=(
            TicketType(ticket_type_id="adult", type_no=1, name="Adult", capacity=100),
            TicketType(ticket_type_id="child", type_no=2, name="Child", capacity=50),
        ),
        price_list=PriceList(version=1, prices={"adult": euros("12.50"), "child": euros("6.00")}),
        stock_rule=StockRule(per_kiosk=20, keep_back=0, top_up_below=3),
    )


@dataclass
class Signer:
    """The ticket API's signing key, for tests."""

    key_id: int = 1
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def code(self, serial: str, event_id: str = "tide", ticket_type_id: str = "adult") -> str:
        """Return the signed code of a ticket."""
        facts = TicketFacts(
            key_id=self.key_id,
            event_no=EVENT_NUMBERS[event_id],
            type_no=TYPE_NUMBERS[ticket_type_id],
            serial=serial,
        )
        return TicketCode(facts, self.private.sign(facts.signed_bytes())).encode()

    def verify_key(self) -> VerifyKey:
        """Return the public key as gates learn it."""
        long_ago = datetime(2026, 1, 1, tzinfo=UTC)
        return VerifyKey(
            key_id=self.key_id,
            public_key=self.private.public_key().public_bytes_raw().hex(),
            published_at=long_ago,
            signs_from=long_ago,
        )
