"""Copies every readable row of a damaged journal into a fresh one."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog

from kiosk_agent.adapters.journal.damaged_file import DamagedFile, Reading, Row
from kiosk_agent.adapters.journal.mending import mend
from kiosk_agent.adapters.journal.parsing import unreadable_rows
from kiosk_contracts.transactions import Envelope

log = structlog.get_logger(__name__)

_PROGRESS_EVERY: Final = 10_000
_OWN: Final = frozenset(
    {"meta", "transactions", "archives", "archived", "_sqlite_migrations", "sqlite_sequence"}
)
"""Not copied as they are: judged row by row, told by the archives, or the fresh file's own."""
_HIGHEST_SEQUENCE: Final = 10**9
"""One transaction a second for thirty years: a higher number was damaged."""
_TOLD_BY: Final = (
    "SELECT sequence FROM receipts UNION ALL SELECT sequence FROM handed_over"
    " UNION ALL SELECT first_sequence - 1 FROM epochs"
)


@dataclass(frozen=True, slots=True)
class _Insert:
    """The statement that adds a row to the fresh file."""

    sql: str
    keeps_rowid: bool
    """Whether it takes the rowid, after the columns."""


@dataclass(slots=True)
class Salvage:
    """What was read of a damaged journal, for the report and for the fresh journal's notes."""

    meta: dict[str, str] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    damaged: list[int] = field(default_factory=list)
    """Transactions that are there, but whose hashes do not fit."""
    rejected: dict[str, list[int]] = field(default_factory=dict)
    """Rowids, by table, of rows that could be read but make no sense."""
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    """(epoch, first sequence) of every journal that whole envelopes name."""
    newest: tuple[int, str] = (0, "")
    """(sequence, hash) of the newest whole envelope."""
    sequences: list[int] = field(default_factory=list)
    """Of every transaction that was saved, in order."""
    voided: list[str] = field(default_factory=list)
    """Serials of every ticket that a readable void took back."""
    sold: list[tuple[str, str]] = field(default_factory=list)
    """(txn_id, serial) of every ticket in a readable sale."""
    archived: int = 0
    """Transactions that are in whole archives alone."""
    unreadable_archives: list[str] = field(default_factory=list)
    """Which, and why."""
    ids_alone: int = 0
    """Transactions in such archives whose ids the damaged file told."""
    told: int = 0
    """The highest sequence that anything but a saved transaction says was given."""
    highest_epoch: int = 0
    """By the list of epochs."""

    @property
    def last_sequence(self) -> int:
        """The highest that was saved; 0 if none was."""
        return self.sequences[-1] if self.sequences else 0

    def tell(self, sequence: object) -> None:
        """Note that a sequence was given, unless it makes no sense."""
        if isinstance(sequence, int) and self.told < sequence <= _HIGHEST_SEQUENCE:
            self.told = sequence

    def learn(self, sequence: int, envelope: Envelope | None) -> None:
        """Note a transaction that was saved, and what its envelope says if that is whole."""
        self.sequences.append(sequence)
        if envelope is not None:
            key = str(envelope.journal_id)
            _, first = self.spans.get(key, (0, sequence))
            self.spans[key] = (envelope.epoch, min(first, sequence))
            self.newest = max(self.newest, (sequence, envelope.hash))

    def learn_tickets(self, kind: str, txn_id: str, payload: dict[str, Any]) -> None:
        """Note what a transaction did to tickets."""
        match kind:
            case "void":
                self.voided += _texts(payload.get("serials"))
            case "sale":
                self.sold += [(txn_id, serial) for serial in _sold(payload)]
            case _:
                pass

    def reject(self, table: str, rowid: int) -> None:
        """Note a row that makes no sense."""
        self.rejected.setdefault(table, []).append(rowid)


def copy_rows(
    damaged: DamagedFile, fresh: sqlite3.Connection, at: datetime, *, last_known: int
) -> Salvage:
    """Copy all tables; `last_known` is the highest sequence known to have been given."""
    salvage = Salvage()
    salvage.meta = read_meta(damaged, salvage)
    last = salvage.meta.get("last_sequence", "")
    salvage.tell(int(last) if last.isascii() and last.isdigit() else None)
    _copy_transactions(damaged, fresh, salvage, at, last_known=max(last_known, salvage.told))
    for table in _tables_of(fresh):
        if table not in _OWN:
            _copy_table(damaged, fresh, salvage, table)
            _drop_nonsense(fresh, salvage, table)
    _note_told(fresh, salvage)
    return salvage


def _note_told(fresh: sqlite3.Connection, salvage: Salvage) -> None:
    """Note the numbers that are known by other tables than the transactions' own."""
    for (sequence,) in fresh.execute(_TOLD_BY):
        salvage.tell(sequence)
    found = fresh.execute("SELECT max(epoch) FROM epochs").fetchone()[0]
    salvage.highest_epoch = found or 0


def _tables_of(fresh: sqlite3.Connection) -> Sequence[str]:
    found = fresh.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    return [row[0] for row in found]


def read_meta(damaged: DamagedFile, salvage: Salvage) -> dict[str, str]:
    """Return the notes that can be read; how that went is added to `salvage`."""
    reading = salvage.readings.setdefault("meta", Reading())
    columns = [name for name in damaged.columns("meta") if name in {"key", "value"}]
    meta: dict[str, str] = {}
    for rowid, row in damaged.rows("meta", columns, reading):
        try:
            meta[row["key"].decode()] = row["value"].decode()
        except (KeyError, AttributeError, UnicodeDecodeError):
            salvage.reject("meta", rowid)
    return meta


def _copy_transactions(
    damaged: DamagedFile,
    fresh: sqlite3.Connection,
    salvage: Salvage,
    at: datetime,
    *,
    last_known: int,
) -> None:
    table = "transactions"
    # All of ours: a column whose name was damaged is mended like a damaged value.
    columns, insert = _copying(damaged, fresh, table, all_of_ours=True)
    there = set(damaged.columns(table))
    readable = [name for name in columns if name in there]
    reading = salvage.readings.setdefault(table, Reading())
    for rowid, row in damaged.rows(table, readable, reading, at_least=last_known):
        mended = mend(rowid, {name: row.get(name) for name in columns}, at)
        if (
            mended is None
            or mended.sequence > _HIGHEST_SEQUENCE
            or not _inserted(fresh, insert, [mended.row[n] for n in columns])
        ):
            salvage.reject(table, rowid)
            continue
        if not mended.is_whole:
            salvage.damaged.append(mended.sequence)
        salvage.learn(mended.sequence, mended.envelope)
        salvage.learn_tickets(mended.row["kind"], mended.row["txn_id"], mended.payload)
        if reading.rows % _PROGRESS_EVERY == 0:
            log.info("salvage_progress", transactions=reading.rows)
    for numbers in (salvage.sequences, salvage.damaged, salvage.rejected.get(table, [])):
        numbers.sort()


def _sold(payload: dict[str, Any]) -> Iterator[str]:
    for line in payload.get("lines") or ():
        if isinstance(line, dict):
            yield from _texts(line.get("serials"))


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _copy_table(
    damaged: DamagedFile, fresh: sqlite3.Connection, salvage: Salvage, table: str
) -> None:
    columns, insert = _copying(damaged, fresh, table)
    reading = salvage.readings.setdefault(table, Reading())
    for rowid, row in damaged.rows(table, columns, reading):
        place = rowid if insert.keeps_rowid else None
        if not _is_text(row) or not _inserted(
            fresh, insert, [row[name] for name in columns], place
        ):
            salvage.reject(table, rowid)


def _is_text(row: Row) -> bool:
    """Say whether all texts of a row can be read as such."""
    try:
        return all(value.decode() is not None for value in row.values() if isinstance(value, bytes))
    except UnicodeDecodeError:
        return False


def _copying(
    damaged: DamagedFile, fresh: sqlite3.Connection, table: str, *, all_of_ours: bool = False
) -> tuple[Sequence[str], "_Insert"]:
    """Return the columns that both files have, or all, and the statement that adds a row."""
    theirs = set(damaged.columns(table))
    info = [
        row
        for row in fresh.execute(f'PRAGMA table_info("{table}")')
        if all_of_ours or row[1] in theirs
    ]
    named = [f'"{row[1]}"' for row in info]
    # Damaged text need not be UTF-8, so it comes as bytes.
    marks = ["CAST(? AS TEXT)" if row[2] == "TEXT" else "?" for row in info]
    keeps_rowid = not any(row[5] and row[2] == "INTEGER" for row in info)
    if keeps_rowid:
        # The order of rows counts, e.g. which allotment is sold first.
        named, marks = [*named, "rowid"], [*marks, "?"]
    sql = f'INSERT INTO "{table}" ({", ".join(named)}) VALUES ({", ".join(marks)})'  # noqa: S608  our schema
    return [row[1] for row in info], _Insert(sql, keeps_rowid)


def _inserted(
    fresh: sqlite3.Connection, insert: "_Insert", values: list[Any], rowid: int | None = None
) -> bool:
    try:
        fresh.execute(insert.sql, values if rowid is None else [*values, rowid])
    except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError):
        return False
    return True


def _drop_nonsense(fresh: sqlite3.Connection, salvage: Salvage, table: str) -> None:
    """Drop rows that the journal's readers could not read."""
    for rowid in unreadable_rows(fresh, table):
        fresh.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))  # noqa: S608  our schema
        salvage.reject(table, rowid)


def restore_states(fresh: sqlite3.Connection, salvage: Salvage) -> None:
    """Let no ticket stand in another state than what was recorded says."""
    fresh.execute(
        "UPDATE stock SET state = 'frozen' WHERE state NOT IN ('available', 'held', 'sold',"
        " 'returned', 'revoked', 'frozen')"
    )
    fresh.executemany(
        "UPDATE stock SET state = 'sold', cart_txn_id = ? WHERE serial = ?"
        " AND state IN ('available', 'held', 'frozen')",
        salvage.sold,
    )
    fresh.executemany(
        "UPDATE stock SET state = 'revoked' WHERE serial = ?",
        [(serial,) for serial in salvage.voided],
    )
