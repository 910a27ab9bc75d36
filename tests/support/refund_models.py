"""Refunds and tickets as the agent tells the UI of them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from uuid6 import uuid7

from kiosk_contracts.look_up import FoundTicket
from kiosk_contracts.money import Money
from kiosk_contracts.refunds import RefundStanding
from kiosk_contracts.tender import CashTender, TenderLine


def euros(amount: str) -> Money:
    """Return an amount."""
    return Money(amount=Decimal(amount), currency="EUR")


def cash(amount: str) -> TenderLine:
    """Return exact cash."""
    return CashTender(amount=euros(amount), given=euros(amount), change=euros("0"))


def refund_standing(**changes: Any) -> RefundStanding:
    """Return a refund of one ticket, not decided unless `changes` say otherwise."""
    fields = {
        "txn_id": UUID(bytes=uuid7().bytes),
        "sequence": 4,
        "receipt_number": "HB1-1-000002",
        "sale_txn_id": UUID(bytes=uuid7().bytes),
        "serials": ("0000000012",),
        "total": euros("12.50"),
        "tender": (cash("12.50"),),
        "reason": "ill",
        "cashier_id": "ana",
        "recorded_at": datetime(2026, 11, 26, tzinfo=UTC),
        "decision": "asking",
        "state": "queued",
        **changes,
    }
    return RefundStanding.model_validate(fields)


def found_ticket(**changes: Any) -> FoundTicket:
    """Return a ticket of a sale that was found, not used unless `changes` say otherwise."""
    fields = {
        "serial": "0000000012",
        "event_id": "tide",
        "event_name": "Tide",
        "ticket_type_id": "adult",
        "ticket_type_name": "Adult",
        "unit_price": euros("12.50"),
        "standing": "valid",
        **changes,
    }
    return FoundTicket.model_validate(fields)
