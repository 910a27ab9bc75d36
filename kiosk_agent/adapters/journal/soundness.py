"""What SQLite's own check can't see: a journal that contradicts itself, or its mark."""

import re
import sqlite3
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from kiosk_agent.adapters.journal.codec import read_time
from kiosk_agent.adapters.journal.mark import Mark
from kiosk_agent.adapters.journal.parsing import CHEAP, unreadable_rows
from kiosk_contracts.transactions import Envelope

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_STATES: Final = {
    "transactions": ("queued", "uploading", "settled", "parked", "quarantined"),
    "stock": ("available", "held", "sold", "returned", "revoked", "frozen"),
    "carts": ("open", "payment_started", "closed", "expired"),
}
_HEX: Final = "[0-9a-f]"
_UUID: Final = "-".join(_HEX * count for count in (8, 4, 4, 4, 12))
_TIME: Final = f"{'[0-9]' * 4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9].{'[0-9]' * 6}Z"
_BROKEN_TRANSACTION: Final = f"""
    SELECT 1 FROM transactions NOT INDEXED
    WHERE txn_id NOT GLOB '{_UUID}' OR depends_on NOT GLOB '{_UUID}'
    OR recorded_at NOT GLOB '{_TIME}' OR settled_at NOT GLOB '{_TIME}'
    OR first_refused_at NOT GLOB '{_TIME}' OR kind GLOB '*[^a-z0-9_]*'
    OR receipt_number GLOB '*[^A-Z0-9-]*' OR request_hash GLOB '*[^0-9a-f]*' LIMIT 1
"""  # noqa: S608  constants
"""One scan in SQLite's own code; what is NULL is let pass. Texts of JSON are read with care."""


def contradictions(connection: sqlite3.Connection, mark: Mark | None) -> Iterator[str]:
    """Say what can't be, in words; nothing if the journal may be gone on with.

    Damage to one transaction's own text is not told here: its hash tells, and it harms itself
    alone.
    """
    meta = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    if not meta:
        return
    try:
        yield from _of_meta(connection, meta)
        yield from _of_mark(meta, mark)
    except (KeyError, ValueError, OverflowError) as error:
        yield f"its own notes are unreadable: {error}"
    for table in CHEAP:
        if _exists(connection, table) and any(unreadable_rows(connection, table)):
            yield f"a row of {table} makes no sense"
    if connection.execute(_BROKEN_TRANSACTION).fetchone():
        yield "the notes on a transaction make no sense"
    for table, states in _STATES.items():
        named = ", ".join(f"'{state}'" for state in states)
        sql = f"SELECT 1 FROM {table} NOT INDEXED WHERE state NOT IN ({named}) LIMIT 1"  # noqa: S608  constants
        if connection.execute(sql).fetchone():
            yield f"a row of {table} is in a state that does not exist"


def _exists(connection: sqlite3.Connection, table: str) -> bool:
    """Say whether there is such a table; a file of an older version has fewer."""
    sql = "SELECT 1 FROM sqlite_schema WHERE name = ?"
    return connection.execute(sql, (table,)).fetchone() is not None


def _of_meta(connection: sqlite3.Connection, meta: dict[str, str]) -> Iterator[str]:
    UUID(meta["journal_id"])
    last, head = int(meta["last_sequence"]), meta["head_hash"]
    for counter in ("epoch", "gate_cursor", "pin_failures"):
        int(meta[counter])
    if meta["pin_failed_at"]:
        read_time(meta["pin_failed_at"])
    if not _HASH.fullmatch(head):
        yield "its head is no hash"
    newest = connection.execute("SELECT max(sequence) FROM transactions").fetchone()[0] or 0
    if newest > last:
        yield f"it has a transaction #{newest}, but says that #{last} is the last"
    if (there := _hash_at(connection, last)) is not None and there != head:
        yield f"its head is not the hash of transaction #{last}"
    counted, given = int(meta["receipt_counter"]), _last_receipt(connection, meta)
    if given > counted:
        yield f"it has given receipt number {given}, but says that {counted} is the last"


def _of_mark(meta: dict[str, str], mark: Mark | None) -> Iterator[str]:
    if mark is None:
        return
    last = int(meta["last_sequence"])
    if mark.last_sequence > last:
        yield f"it ends with transaction #{last}, but #{mark.last_sequence} was recorded here"
    elif mark.commits > int(meta.get("commits", 0)):
        missing = mark.commits - int(meta.get("commits", 0))
        yield f"its last changes are gone: {missing} that were recorded here"
    if mark.epoch > int(meta["epoch"]):
        yield f"it is of epoch {meta['epoch']}, but epoch {mark.epoch} has begun here"
    if mark.journal_id == meta["journal_id"] and mark.kiosk_id != meta["kiosk_id"]:
        yield f"it names kiosk {meta['kiosk_id']!r}, but is the journal of {mark.kiosk_id}"


def _hash_at(connection: sqlite3.Connection, sequence: int) -> str | None:
    sql = "SELECT CAST(envelope AS BLOB) FROM transactions WHERE sequence = ?"
    row = connection.execute(sql, (sequence,)).fetchone()
    try:
        envelope = None if row is None else Envelope.model_validate_json(row[0])
    except ValueError:
        return None
    return envelope.hash if envelope is not None and envelope.is_intact() else None


def _last_receipt(connection: sqlite3.Connection, meta: dict[str, str]) -> int:
    prefix = f"{meta['kiosk_code']}-{meta['epoch']}"
    sql = (
        "SELECT receipt_number FROM transactions WHERE receipt_number BETWEEN ? AND ?"
        " ORDER BY receipt_number DESC LIMIT 1"
    )
    row = connection.execute(sql, (f"{prefix}-", f"{prefix}.")).fetchone()
    return 0 if row is None else int(row[0].rpartition("-")[2])
