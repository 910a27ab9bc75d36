"""Items of a batch as they come, and which records each of them touches."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from core_services.ticket_api.api.bodies import describe
from kiosk_contracts.payloads import (
    AdmissionPayload,
    ExitPayload,
    Payload,
    RefundPayload,
    ReturnOfStockPayload,
    SalePayload,
    UnknownPayload,
    VoidPayload,
)
from kiosk_contracts.transactions import Envelope, Transaction

MAX_SEQUENCE: Final = 999_999_999_999
"""Sort keys hold twelve digits."""
ATTENTION: Final = "all"
"""The partition of what people should look at."""


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One item of a batch."""

    raw: Any
    transaction: Transaction | None
    """None if it could not be read."""
    payload: Payload | UnknownPayload | None
    """None if that could not be read."""
    fault: str = ""
    """Why it could not be read."""
    envelope: Envelope | None = None
    """None if not even that could be read."""

    def text(self) -> str:
        """Return the item as it came, as JSON text that any store can keep."""
        return json.dumps(self.raw, sort_keys=True, separators=(",", ":"))

    def digest(self) -> str:
        """Return the SHA-256 of that text."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    def txn_id(self) -> UUID | None:
        """Return its txn_id, as far as it can be told."""
        if self.transaction is not None:
            return self.transaction.envelope.txn_id
        try:
            return UUID(self.raw["envelope"]["txn_id"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def place_in(self, journal_id: UUID) -> Envelope | None:
        """Return its envelope if that is whole and names this journal, whatever the rest is.

        Then the item has its number in the journal for certain, and the chain has no gap there.
        """
        envelope = self.envelope
        if envelope is None or envelope.journal_id != journal_id:
            return None
        return envelope if envelope.is_intact() else None

    def serials(self) -> tuple[str, ...]:
        """Return the serials that it names."""
        match self.payload:
            case SalePayload():
                return self.payload.serials()
            case VoidPayload() | RefundPayload() | ReturnOfStockPayload():
                return self.payload.serials
            case AdmissionPayload() | ExitPayload():
                return (self.payload.serial,)
            case _:
                return ()

    def tells_gates(self) -> bool:
        """Say whether the gates of a venue are told of it, as far as its payload says."""
        return isinstance(
            self.payload, AdmissionPayload | ExitPayload | VoidPayload | RefundPayload
        )

    def sale_txn_id(self) -> UUID | None:
        """Return the sale that it undoes."""
        if isinstance(self.payload, VoidPayload | RefundPayload):
            return self.payload.sale_txn_id
        return None


def read_item(raw: Any) -> BatchItem:
    """Read one item; what can't be read stays as it came, with the fault in words."""
    try:
        transaction = Transaction.model_validate(raw)
    except ValidationError as error:
        return BatchItem(raw, None, None, describe(error), _read_envelope(raw))
    envelope = transaction.envelope
    if envelope.sequence > MAX_SEQUENCE:
        return BatchItem(raw, None, None, f"envelope.sequence: above {MAX_SEQUENCE}")
    try:
        return BatchItem(raw, transaction, transaction.read_payload(), envelope=envelope)
    except ValidationError as error:
        return BatchItem(raw, transaction, None, describe(error), envelope)


def _read_envelope(raw: Any) -> Envelope | None:
    try:
        # A kiosk sends as text what could not be read as JSON; its envelope may be whole.
        value = json.loads(raw) if isinstance(raw, str) else raw
        envelope = Envelope.model_validate(value["envelope"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return envelope if envelope.sequence <= MAX_SEQUENCE else None


def place_key(sequence: int) -> str:
    """Return the sort key of a place in a journal."""
    return f"{sequence:012d}"
