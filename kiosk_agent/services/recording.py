"""Recording a transaction once, and giving its first answer to every repeat."""

from typing import Any, Final
from uuid import UUID

from kiosk_agent.domain import refusals
from kiosk_agent.ports.agent_view import AgentView
from kiosk_agent.ports.journal import JournalReader, JournalRow, JournalWriter, NewTransaction
from kiosk_agent.services.kiosk import Kiosk
from kiosk_contracts.payloads import TransactionKind
from kiosk_contracts.wire import WireModel, canonical_hash

RECORDED_BY: Final = "kiosk-agent"
"""Who stands in what root asked for as the one who recorded it: no cashier did."""


def request_hash(kind: str, request: WireModel, *apart: str) -> str:
    """Return what tells a repeat from another request, of whatever kind, under the same txn_id.

    Fields named in `apart` do not count: secrets, and personal data that must be erasable.
    """
    body = {key: value for key, value in request.to_json().items() if key not in apart}
    return canonical_hash({"kind": kind, "request": body})


def find_repeat(reader: JournalReader, txn_id: UUID, wanted_hash: str) -> JournalRow | None:
    """Return the row that answered the same request before; None if the txn_id is new.

    Raises ProblemError `txn_payload_differs` if the txn_id stands for something else.
    """
    row = reader.row(txn_id)
    if row is None:
        return None
    if row.request_hash != wanted_hash:
        raise refusals.txn_payload_differs()
    return row


def again(row: JournalRow) -> dict[str, Any]:
    """Return the first answer again, marked as a repeat."""
    return {**first_answer(row), "replayed": True}


def first_answer(row: JournalRow) -> dict[str, Any]:
    """Return what was answered; for what no request caused, what every kind answers."""
    return row.answer if row.answer is not None else recorded(row)


def recorded(row: JournalRow) -> dict[str, Any]:
    """Return the members that the answer of every kind has."""
    return {
        "txn_id": str(row.txn_id),
        "kind": row.kind,
        "sequence": row.sequence,
        "recorded_at": row.recorded_at.isoformat(),
        "offline": row.offline,
        "replayed": False,
    }


def record(agent: AgentView, writer: JournalWriter, new: NewTransaction) -> JournalRow:
    """Append a transaction; one whose payload does not fit its kind is not recorded.

    Raises ProblemError `txn_payload_differs` if the txn_id is a cart's, which only its sale takes,
    and `kiosk_has_left`: what it recorded after it said so, nobody would take from it.
    """
    if agent.has_left():
        raise refusals.kiosk_has_left()
    if new.kind != TransactionKind.SALE and writer.cart(new.txn_id) is not None:
        raise refusals.txn_payload_differs()
    row = writer.append(new)
    row.readable().read_payload()
    return row


def keep(writer: JournalWriter, row: JournalRow, answer: WireModel) -> dict[str, Any]:
    """Store the answer in the transaction that records, so that a repeat gets the same."""
    body = answer.to_json()
    writer.keep_answer(row.txn_id, body)
    return body


def common_payload(
    kiosk: Kiosk, reader: JournalReader, staff_id: str, shift_id: UUID | None = None
) -> dict[str, Any]:
    """Return what every payload says: who, in which shift, when."""
    shift = shift_id or reader.open_shift(staff_id)
    return {
        "cashier_id": staff_id,
        "shift_id": None if shift is None else str(shift),
        "recorded": kiosk.stamp(reader).to_json(),
    }
