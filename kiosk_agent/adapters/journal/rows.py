"""Rows of the journal as the port's values."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import JsonValue, TypeAdapter
from pydantic_core import from_json

from kiosk_agent.adapters.journal.codec import (
    read_money,
    read_prices,
    read_tender,
    read_time,
    read_time_or_none,
)
from kiosk_agent.domain.epochs import EpochRecord
from kiosk_agent.domain.ranges import Ranges
from kiosk_agent.domain.records import (
    CancelledPayment,
    JournalRow,
    Lease,
    Outgoing,
    ShiftRecord,
    StockItem,
    StoredCart,
    Unreadable,
)
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.quarantine import HandedOver
from kiosk_contracts.transactions import Transaction
from kiosk_contracts.uploads import ItemOutcome

OUTGOING: Final = (
    "sequence, first_refused_at, CAST(envelope AS BLOB) AS envelope,"
    " CAST(payload AS BLOB) AS payload, CAST(personal AS BLOB) AS personal"
)
"""The columns of `outgoing`. Bytes, since damaged text need not be UTF-8 any more."""
_ITEM_FRAME_BYTES: Final = 64
"""Names, braces and commas around an item's envelope, payload and personal data."""
_RANGES: Final[TypeAdapter[Ranges]] = TypeAdapter(Ranges)
_HANDED_OVER: Final = (
    "SELECT json_object('at', at, 'by', by_whom, 'note', note) FROM handed_over AS h"
    " WHERE h.sequence = transactions.sequence"
)
TRANSACTION: Final = (
    f"{OUTGOING}, txn_id, kind, receipt_number, request_hash, CAST(answer AS BLOB) AS answer,"
    " recorded_at, offline, depends_on, state, attempts, settled_at,"
    f" CAST(outcome AS BLOB) AS outcome, ({_HANDED_OVER}) AS handed_over"
)
"""The columns of `journal_row`."""


def uuid_or_none(text: str | None) -> UUID | None:
    """Return the id of a column that may be NULL."""
    return None if text is None else UUID(text)


def journal_row(row: sqlite3.Row) -> JournalRow:
    """Return a row of `transactions`."""
    handed = row["handed_over"]
    return JournalRow(
        sequence=row["sequence"],
        txn_id=UUID(row["txn_id"]),
        kind=row["kind"],
        transaction=_transaction(row),
        state=JournalState(row["state"]),
        receipt_number=row["receipt_number"],
        recorded_at=read_time(row["recorded_at"]),
        offline=bool(row["offline"]),
        request_hash=row["request_hash"],
        answer=_answer(row["answer"]),
        depends_on=uuid_or_none(row["depends_on"]),
        attempts=row["attempts"],
        first_refused_at=read_time_or_none(row["first_refused_at"]),
        settled_at=read_time_or_none(row["settled_at"]),
        outcome=_outcome(row["outcome"]),
        handed_over=None if handed is None else HandedOver.model_validate_json(handed),
    )


def archived_row(line: Mapping[str, Any]) -> JournalRow:
    """Return a line of an archive; the buyer's personal data stayed out of it."""
    outcome = line["outcome"]
    return JournalRow(
        sequence=line["sequence"],
        txn_id=UUID(line["txn_id"]),
        kind=line["kind"],
        transaction=Transaction.model_validate(
            {"envelope": line["envelope"], "payload": line["payload"]}
        ),
        state=JournalState(line["state"]),
        receipt_number=line["receipt_number"],
        recorded_at=read_time(line["recorded_at"]),
        offline=bool(line["offline"]),
        request_hash=line["request_hash"],
        answer=line["answer"],
        depends_on=uuid_or_none(line["depends_on"]),
        attempts=line["attempts"],
        first_refused_at=read_time_or_none(line["first_refused_at"]),
        settled_at=read_time_or_none(line["settled_at"]),
        outcome=None if outcome is None else ItemOutcome.model_validate(outcome),
    )


def _answer(text: bytes | None) -> dict[str, Any] | None:
    """Return the first answer; None too if it was damaged since, for it can be told without."""
    try:
        answer = None if text is None else json.loads(text)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _outcome(text: bytes | None) -> ItemOutcome | None:
    """Return the last judgement; None too if it was damaged since, for the next try tells it."""
    try:
        return None if text is None else ItemOutcome.model_validate_json(text)
    except ValueError:
        return None


def outgoing_bytes(row: sqlite3.Row) -> int:
    """Return about how many bytes a row takes in a batch."""
    texts: tuple[bytes, ...] = (row["envelope"], row["payload"], row["personal"] or b"")
    return sum(map(len, texts)) + _ITEM_FRAME_BYTES


def outgoing(row: sqlite3.Row, journal_id: UUID) -> Outgoing:
    """Return a row of `transactions` as the ticket API gets it."""
    return Outgoing(
        bytes=outgoing_bytes(row),
        sequence=row["sequence"],
        journal_id=journal_id,
        item=_item(row),
        first_refused_at=read_time_or_none(row["first_refused_at"]),
    )


def _item(row: sqlite3.Row) -> JsonValue:
    if row["personal"] is not None:
        # What can't be read is kept raw over there, where nobody could erase a buyer's name.
        return _transaction(row).to_json()
    # What no Transaction can be read from is found out over there: it is looked at once.
    return _impersonal(row)


def _transaction(row: sqlite3.Row) -> Transaction | Unreadable:
    texts = row["envelope"], row["payload"], row["personal"] or b"null"
    try:
        whole = b'{"envelope":%b,"payload":%b,"personal":%b}' % texts
        return Transaction.model_validate(from_json(whole, allow_inf_nan=False))
    except ValueError:
        return Unreadable(_impersonal(row))


def _impersonal(row: sqlite3.Row) -> JsonValue:
    """Return envelope and payload as they are sent without personal data.

    That is their text where they are not even JSON. The same row is always the same value: the far
    side keeps what it can't read by its bytes, once.
    """
    text = b'{"envelope":%b,"payload":%b,"personal":null}' % (row["envelope"], row["payload"])
    try:
        value: JsonValue = from_json(text, allow_inf_nan=False)
    except ValueError:
        return text.decode("utf-8", "replace")
    return value


def stored_cart(row: sqlite3.Row) -> StoredCart:
    """Return a row of `carts`."""
    return StoredCart(
        txn_id=UUID(row["txn_id"]),
        state=row["state"],
        cashier_id=row["cashier_id"],
        opened_at=read_time(row["opened_at"]),
        hold_boot_id=row["hold_boot_id"],
        hold_ends_boottime_ms=row["hold_ends_boottime_ms"],
        # A file of an older version is looked at before it is migrated.
        taken=read_tender(row["taken"]) if "taken" in row.keys() else (),  # noqa: SIM118  a Row iterates over its values
        prices=read_prices(row["prices"]) if "prices" in row.keys() else (),  # noqa: SIM118  as above
    )


def cancelled_payment(row: sqlite3.Row) -> CancelledPayment:
    """Return a row of `cancelled_payments`."""
    return CancelledPayment(
        txn_id=UUID(row["txn_id"]),
        shift_id=uuid_or_none(row["shift_id"]),
        cashier_id=row["cashier_id"],
        given_back_by=row["given_back_by"],
        approved_by=row["approved_by"],
        at=read_time(row["at"]),
        taken=read_tender(row["taken"]),
    )


def stock_item(row: sqlite3.Row) -> StockItem:
    """Return a row of `stock`."""
    return StockItem(
        serial=row["serial"],
        code=row["code"],
        allotment_id=UUID(row["allotment_id"]),
        event_id=row["event_id"],
        ticket_type_id=row["ticket_type_id"],
        price_list_version=row["price_list_version"],
        unit_price=read_money(row["unit_price"]),
        state=row["state"],
        cart_txn_id=uuid_or_none(row["cart_txn_id"]),
    )


def lease(row: sqlite3.Row) -> Lease:
    """Return a row of `leases`."""
    return Lease(
        request_id=UUID(row["request_id"]),
        event_id=row["event_id"],
        ticket_type_id=row["ticket_type_id"],
        quantity=row["quantity"],
        asked_at=read_time(row["asked_at"]),
        asked_boottime_ms=row["asked_boottime_ms"],
        asked_boot_id=row["asked_boot_id"],
        allotment_id=uuid_or_none(row["allotment_id"]),
        lease_s=row["lease_s"],
        # A file of an older version is looked at before it is migrated.
        limited_by=row["limited_by"] if "limited_by" in row.keys() else "",  # noqa: SIM118  a Row iterates over its values
    )


def epoch_record(row: sqlite3.Row) -> EpochRecord:
    """Return a row of `epochs`."""
    return EpochRecord(
        journal_id=UUID(row["journal_id"]),
        epoch=row["epoch"],
        first_sequence=row["first_sequence"],
        opened_at=read_time(row["opened_at"]),
        reason=row["reason"],
        found=row["found"],
        acknowledged_at=read_time_or_none(row["acknowledged_at"]),
        missing=_ranges(row, "missing"),
        damaged=_ranges(row, "damaged"),
    )


def shift_record(row: sqlite3.Row) -> ShiftRecord:
    """Return a row of `shifts`."""
    return ShiftRecord(
        shift_id=UUID(row["shift_id"]),
        staff_id=row["staff_id"],
        opened_at=read_time(row["opened_at"]),
        opened_sequence=row["opened_sequence"],
        closed_at=read_time_or_none(row["closed_at"]),
        closed_sequence=row["closed_sequence"],
    )


def _ranges(row: sqlite3.Row, column: str) -> Ranges:
    # A file of an older version is looked at before it is migrated.
    return _RANGES.validate_json(row[column]) if column in row.keys() else ()  # noqa: SIM118  a Row iterates over its values
