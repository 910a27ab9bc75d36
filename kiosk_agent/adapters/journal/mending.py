"""A salvaged transaction, mended by what its hashes prove: pure."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from kiosk_agent.adapters.journal.codec import read_time, time_text
from kiosk_contracts.ids import ReceiptNumber
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.transactions import Envelope
from kiosk_contracts.uploads import ItemOutcome
from kiosk_contracts.wire import NotCanonicalError, canonical_hash

_STATES: Final = frozenset(state.value for state in JournalState)
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,40}")
_RECEIPT: Final[TypeAdapter[str]] = TypeAdapter(ReceiptNumber)


@dataclass(frozen=True, slots=True)
class Mended:
    """A row that the journal's readers can read again."""

    row: dict[str, Any]
    envelope: Envelope | None
    """None if it is damaged; the row keeps what is left of it."""
    payload: dict[str, Any] = field(default_factory=dict)
    """Empty if it is damaged; the row keeps what is left of it."""

    @property
    def sequence(self) -> int:
        """Its number, which the envelope proves if that is whole."""
        return int(self.row["sequence"])

    @property
    def is_whole(self) -> bool:
        """Say whether both hashes fit."""
        return self.envelope is not None and bool(self.payload)


def mend(sequence: int, row: dict[str, Any], at: datetime) -> Mended | None:
    """Return the row as it was, as far as that can be told; None if its id can't.

    The texts of envelope, payload and personal data stay as they are: the ticket API gets them so.
    """
    envelope = _envelope(row["envelope"])
    payload = _payload(row["payload"], envelope)
    txn_id = str(envelope.txn_id) if envelope else _uuid(row["txn_id"])
    if txn_id is None:
        return None
    kind = _matching(_KIND, row["kind"])
    mended = {
        **row,
        "sequence": envelope.sequence if envelope else sequence,
        "txn_id": txn_id,
        "epoch": envelope.epoch if envelope else _count(row["epoch"]) or 1,
        "kind": envelope.kind if envelope else kind or "unknown",
        "receipt_number": _receipt(payload.get("receipt_number"), row["receipt_number"]),
        "envelope": _bytes(row["envelope"]),
        "payload": _bytes(row["payload"]),
        "request_hash": _text(row["request_hash"]) or "",
        "answer": _object_text(row["answer"]),
        "recorded_at": _time(row["recorded_at"]) or _device_time(payload) or time_text(at),
        "offline": int(bool(row["offline"])),
        "depends_on": _depends_on(payload) or _uuid(row["depends_on"]),
        "state": _state(row["state"]),
        "attempts": _count(row["attempts"]),
        "first_refused_at": _time(row["first_refused_at"]),
        "settled_at": _time(row["settled_at"]),
        "outcome": _outcome_text(row["outcome"]),
    }
    return Mended(mended, envelope, payload)


def _depends_on(payload: dict[str, Any]) -> str | None:
    return _uuid(payload.get("sale_txn_id")) or _uuid(payload.get("refund_txn_id"))


def _envelope(raw: Any) -> Envelope | None:
    try:
        envelope = Envelope.model_validate_json(raw)
    except ValueError:
        return None
    return envelope if envelope.is_intact() else None


def _payload(raw: Any, envelope: Envelope | None) -> dict[str, Any]:
    """Return the payload if the envelope's hash proves it, else nothing."""
    if envelope is None:
        return {}
    try:
        payload = json.loads(raw)
        proved = isinstance(payload, dict) and canonical_hash(payload) == envelope.payload_hash
    except (ValueError, TypeError, RecursionError, NotCanonicalError):
        return {}
    return payload if proved else {}


def _state(raw: Any) -> str:
    """Return the state; what was being sent, or is in no state that exists, is sent again."""
    state = _text(raw)
    return state if state in _STATES and state != JournalState.UPLOADING else JournalState.QUEUED


def _receipt(*candidates: Any) -> str | None:
    for candidate in candidates:
        try:
            return _RECEIPT.validate_python(_text(candidate))
        except ValidationError:
            continue
    return None


def _device_time(payload: dict[str, Any]) -> str | None:
    recorded = payload.get("recorded")
    return _time(recorded.get("device_time")) if isinstance(recorded, dict) else None


def _time(raw: Any) -> str | None:
    try:
        return time_text(read_time(_text(raw) or ""))
    except (ValueError, OverflowError):
        return None


def _uuid(raw: Any) -> str | None:
    try:
        return str(UUID(_text(raw) or ""))
    except ValueError:
        return None


def _object_text(raw: Any) -> str | None:
    text = _text(raw)
    try:
        return text if text is not None and isinstance(json.loads(text), dict) else None
    except (ValueError, RecursionError):
        return None


def _outcome_text(raw: Any) -> str | None:
    text = _text(raw)
    try:
        ItemOutcome.model_validate_json(text or "")
    except ValueError:
        return None
    return text


def _matching(pattern: re.Pattern[str], raw: Any) -> str | None:
    text = _text(raw)
    return text if text is not None and pattern.fullmatch(text) else None


def _count(raw: Any) -> int:
    return raw if isinstance(raw, int) and raw >= 0 else 0


def _text(raw: Any) -> str | None:
    match raw:
        case bytes():
            try:
                return raw.decode("utf-8")
            except UnicodeDecodeError:
                return None
        case str():
            return raw
        case _:
            return None


def _bytes(raw: Any) -> bytes:
    return raw if isinstance(raw, bytes) else str(raw).encode()
