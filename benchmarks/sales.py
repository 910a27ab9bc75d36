"""Sales as the journal is given them, without a till."""

from typing import Any, Final
from uuid import UUID, uuid4

from uuid6 import uuid7

from benchmarks.season import EVENT_ID, PRICE, TYPE_ID
from kiosk_agent.domain.records import NewTransaction
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.journal import JournalWriter
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.stamps import Stamp

CASHIER_ID: Final = "ana-ruiz"
SHIFT_ID: Final = str(uuid4())
_REQUEST_HASH: Final = "0" * 64


def exact_cash() -> dict[str, Any]:
    """Return the tender of one ticket, paid with exact cash."""
    paid, nothing = PRICE.to_json(), (PRICE - PRICE).to_json()
    return {"method": "cash", "amount": paid, "given": paid, "change": nothing}


def sale_of_one(serial: str, clock: Clock, txn_id: UUID | None = None) -> NewTransaction:
    """Return the sale of one ticket, as selling records it."""
    stamp = Stamp(
        device_time=clock.now(),
        boot_id=clock.boot_id(),
        boottime_ms=clock.boottime_ms(),
        server_offset_ms=0,
    )
    line = {
        "event_id": EVENT_ID,
        "ticket_type_id": TYPE_ID,
        "price_list_version": 1,
        "unit_price": PRICE.to_json(),
        "serials": [serial],
    }
    return NewTransaction(
        txn_id=txn_id or uuid7(),
        kind=TransactionKind.SALE,
        payload={
            "cashier_id": CASHIER_ID,
            "shift_id": SHIFT_ID,
            "recorded": stamp.to_json(),
            "lines": [line],
            "total": PRICE.to_json(),
            "tender": [exact_cash()],
            "personal_hash": None,
        },
        numbered=True,
        request_hash=_REQUEST_HASH,
    )


def record(writer: JournalWriter, sale: NewTransaction) -> None:
    """Record a sale and take its serials from the stock: a link of the chain, one commit."""
    writer.append(sale)
    writer.set_stock_state([sale.payload["lines"][0]["serials"][0]], "sold")
