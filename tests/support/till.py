"""A kiosk's journal, as the ticket API sees it: chained transactions, made by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from uuid6 import uuid7

from kiosk_contracts.transactions import FIRST_PREV_HASH, Envelope
from tests.support.ticket_api import EVENT, NOW, PRICES, money

SHIFT = str(uuid4())


def stamp(at: datetime = NOW, offset_ms: int | None = 0) -> dict[str, Any]:
    return {
        "device_time": at.isoformat(),
        "boot_id": "boot-1",
        "boottime_ms": 1000,
        "server_offset_ms": offset_ms,
    }


def cash(amount: str) -> dict[str, Any]:
    return {
        "method": "cash",
        "amount": money(amount),
        "given": money(amount),
        "change": money("0.00"),
    }


@dataclass
class Till:
    """Makes transactions of one journal, each linked to the one before."""

    journal_id: UUID = field(default_factory=uuid4)
    sequence: int = 0
    head: str = FIRST_PREV_HASH
    receipts: int = 0

    def transaction(self, kind: str, payload: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Seal the next transaction. `changes` replace what the envelope is sealed with."""
        self.sequence += 1
        fields: dict[str, Any] = {
            "txn_id": uuid7(),
            "journal_id": self.journal_id,
            "epoch": 1,
            "sequence": self.sequence,
            "kind": kind,
            "payload": payload,
            "prev_hash": self.head,
            **changes,
        }
        envelope = Envelope.seal(**fields)
        self.head = envelope.hash
        return {"envelope": envelope.to_json(), "payload": payload, "personal": None}

    def sale(
        self, serials: Sequence[str], kind: str = "adult", *, at: datetime = NOW, **changes: Any
    ) -> dict[str, Any]:
        """Sell serials of one type for cash."""
        price = changes.pop("price", PRICES[kind])
        each = f"{float(price) * len(serials):.2f}"
        payload = {
            **self._by(at),
            "receipt_number": self._receipt(),
            "lines": [
                {
                    "event_id": EVENT,
                    "ticket_type_id": kind,
                    "price_list_version": 1,
                    "unit_price": money(price),
                    "serials": list(serials),
                }
            ],
            "total": money(each),
            "tender": [cash(each)],
            **changes,
        }
        return self.transaction("sale", payload)

    def void(self, sale: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Void a whole sale."""
        return self.transaction("void", self._undoing(sale, changes))

    def refund(self, sale: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Refund a whole sale."""
        return self.transaction("refund", self._undoing(sale, changes))

    def _undoing(self, sale: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
        sold = sale["payload"]
        return {
            **self._by(NOW),
            "receipt_number": self._receipt(),
            "sale_txn_id": sale["envelope"]["txn_id"],
            "serials": [serial for line in sold["lines"] for serial in line["serials"]],
            "total": sold["total"],
            "tender": sold["tender"],
            "reason": "changed their mind",
            "approved_by": "mara",
            **changes,
        }

    def admission(self, serial: str, gate: str = "North", **changes: Any) -> dict[str, Any]:
        """Let a ticket in."""
        return self.transaction("admission", self._gate(serial, gate, changes))

    def exit(self, serial: str, gate: str = "North", **changes: Any) -> dict[str, Any]:
        """Let a ticket's holder out."""
        return self.transaction("exit", self._gate(serial, gate, changes))

    def _gate(self, serial: str, gate: str, changes: dict[str, Any]) -> dict[str, Any]:
        at = changes.pop("at", NOW)
        return {
            "cashier_id": "ana",
            "recorded": stamp(at),
            "serial": serial,
            "event_id": EVENT,
            "gate": gate,
            **changes,
        }

    def give_back(self, serials: Sequence[str], **changes: Any) -> dict[str, Any]:
        """Return stock."""
        payload = {
            "cashier_id": "ana",
            "recorded": stamp(),
            "allotment_id": str(uuid4()),
            "event_id": EVENT,
            "ticket_type_id": "adult",
            "serials": list(serials),
            "reason": "closing",
            **changes,
        }
        return self.transaction("return_of_stock", payload)

    def shift(self, kind: str = "shift_opened", **changes: Any) -> dict[str, Any]:
        """Open a shift, or do another thing with a drawer."""
        amounts: dict[str, dict[str, Any]] = {
            "shift_opened": {"opening_float": money("100.00")},
            "shift_paid_in": {"amount": money("10.00"), "reason": "change"},
            "shift_paid_out": {"amount": money("5.00"), "reason": "milk"},
            "shift_closed": {
                "expected": money("105.00"),
                "counted": money("104.00"),
                "over_short": money("-1.00"),
            },
        }
        return self.transaction(kind, {**self._by(NOW), **amounts[kind], **changes})

    def _by(self, at: datetime) -> dict[str, Any]:
        return {"cashier_id": "ana", "shift_id": SHIFT, "recorded": stamp(at)}

    def _receipt(self) -> str:
        self.receipts += 1
        return f"HB1-1-{self.receipts:06d}"
