"""Reads the journals, by the tables that `docs/journal.md` describes."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from verifier.canonical import FormatError, canonical_hash, read_money, read_time
from verifier.evidence import (
    Attempt,
    CancelledPayment,
    EvidenceError,
    GivenBack,
    Journal,
    LineChange,
    Row,
    Run,
    StockItem,
)
from verifier.files import open_copy, read_json, read_json_or_nothing, read_list, select

_APPLICATION_ID: Final = 0x45504B4A
_ROW_COLUMNS: Final = (
    "sequence, txn_id, epoch, kind, receipt_number, envelope, payload, answer, recorded_at,"
    " offline, state, settled_at, outcome"
)


def read_journals(run: Path, scratch: Path) -> Sequence[Journal]:
    """Read every `<kiosk_id>/state/journal.db` below `run`; EvidenceError if there is none."""
    files = sorted(run.glob("*/state/journal.db"))
    if not files:
        raise EvidenceError(f"no journal at {run}/<kiosk>/state/journal.db: did the run happen?")
    return [_read_journal(file, scratch / file.parent.parent.name) for file in files]


def _read_journal(path: Path, scratch: Path) -> Journal:
    with open_copy(path, scratch) as connection:
        application_id = connection.execute("PRAGMA application_id").fetchone()[0]
        if application_id != _APPLICATION_ID:
            raise EvidenceError(f"{path} is not a kiosk's journal")
        try:
            return _journal(connection, path)
        except FormatError as error:
            raise EvidenceError(f"{path}: {error}") from error


def _journal(connection: sqlite3.Connection, path: Path) -> Journal:
    meta = {row["key"]: row["value"] for row in select(connection, "meta", "key, value")}
    folder = path.parent.parent.name
    if meta.get("kiosk_id") != folder:
        raise EvidenceError(f"{path} is the journal of {meta.get('kiosk_id')}, not of {folder}")
    for key in ("journal_id", "last_sequence", "head_hash", "receipt_counter"):
        if key not in meta:
            raise EvidenceError(f"{path} does not state its {key}")
    rows = select(connection, "transactions", _ROW_COLUMNS)
    return Journal(
        kiosk_id=folder,
        journal_id=meta["journal_id"],
        meta=meta,
        rows=[_row(row, folder, meta["journal_id"]) for row in rows],
        stock=_stock(connection),
        runs=[
            Run(read_time(row["started_at"]), _time_or_none(row["stopped_at"]))
            for row in select(connection, "runs", "run_id, started_at, stopped_at")
        ],
        line_changes=[
            LineChange(read_time(row["at"]), row["state"] == "online")
            for row in select(connection, "line_changes", "id, at, state")
            if row["state"] in {"online", "offline"}
        ],
        attempts=[_attempt(row) for row in select(connection, "upload_attempts", _ATTEMPT)],
        cancelled=[_cancelled(row) for row in select(connection, "cancelled_payments", _CANCELLED)],
    )


def _row(row: sqlite3.Row, kiosk_id: str, journal_id: str) -> Row:
    where = f"{kiosk_id} #{row['sequence']}"
    envelope = read_json(row["envelope"], f"the envelope of {where}")
    payload = read_json_or_nothing(row["payload"])
    return Row(
        kiosk_id=kiosk_id,
        journal_id=journal_id,
        sequence=row["sequence"],
        txn_id=row["txn_id"],
        epoch=row["epoch"],
        kind=row["kind"],
        receipt_number=row["receipt_number"],
        envelope=envelope,
        payload=payload,
        answer=_object_or_nothing(row["answer"], f"the answer of {where}"),
        recorded_at=read_time(row["recorded_at"]),
        offline=bool(row["offline"]),
        state=row["state"],
        settled_at=_time_or_none(row["settled_at"]),
        outcome=_object_or_nothing(row["outcome"], f"the outcome of {where}"),
        untouched=canonical_hash(payload) == envelope.get("payload_hash"),
    )


def _stock(connection: sqlite3.Connection) -> dict[str, StockItem]:
    columns = "serial, event_id, ticket_type_id, state, cart_txn_id"
    return {
        row["serial"]: StockItem(
            serial=row["serial"],
            type_key=(row["event_id"], row["ticket_type_id"]),
            state=row["state"],
            cart_txn_id=row["cart_txn_id"],
        )
        for row in select(connection, "stock", columns)
    }


_ATTEMPT: Final = "id, started_at, ended_at, first_sequence, last_sequence, result"


def _attempt(row: sqlite3.Row) -> Attempt:
    return Attempt(
        started_at=read_time(row["started_at"]),
        ended_at=read_time(row["ended_at"]),
        first_sequence=row["first_sequence"],
        last_sequence=row["last_sequence"],
        answered=row["result"] == "answered",
    )


_CANCELLED: Final = "cancelled_id, shift_id, taken"


def _cancelled(row: sqlite3.Row) -> CancelledPayment:
    where = f"cancelled payment {row['cancelled_id']}"
    lines = [
        GivenBack(str(line.get("method")), *read_money(line.get("amount")))
        for line in read_list(row["taken"], where)
    ]
    return CancelledPayment(row["shift_id"] or "", tuple(lines))


def _object_or_nothing(text: Any, where: str) -> dict[str, Any]:
    return {} if text is None else read_json(text, where)


def _time_or_none(text: Any) -> datetime | None:
    return None if text is None else read_time(text)
