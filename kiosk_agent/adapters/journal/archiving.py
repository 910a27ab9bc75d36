"""Reads and writes of what has left the journal's tables for an archive, or is forgotten."""

import sqlite3
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from kiosk_agent.adapters.archive_files import FOLDER_NAME, FileArchives
from kiosk_agent.adapters.journal import errors, rows
from kiosk_agent.adapters.journal.codec import read_json, read_time, time_text
from kiosk_agent.adapters.journal.reads import Reads
from kiosk_agent.adapters.journal.writes import Writes
from kiosk_agent.domain.archiving import ArchiveFacts, ArchiveLine, Forgettable, LostRange
from kiosk_agent.domain.records import JournalRow
from kiosk_agent.ports.archives import ArchiveError
from kiosk_contracts.transactions import Transaction

_ARCHIVABLE: Final = (
    "SELECT * FROM transactions AS t WHERE t.state = 'settled' AND t.settled_at < ?"
    " AND t.sequence < (SELECT max(sequence) FROM transactions)"
    " AND NOT EXISTS (SELECT 1 FROM transactions AS d WHERE d.depends_on = t.txn_id"
    " AND d.state != 'settled') AND (t.kind != 'refund' OR EXISTS (SELECT 1 FROM transactions AS p"
    " WHERE p.depends_on = t.txn_id AND p.kind = 'shift_paid_out')) ORDER BY t.sequence"
)
"""The newest one stays whatever its age: the clock is judged by when it was recorded. And so does a
refund whose money nobody has given back: it must be found in the list."""
_NOT_KEPT: Final = frozenset({"personal"})
_JSON: Final = frozenset({"envelope", "payload", "answer", "outcome"})
_ARCHIVES_OF: Final = (
    "SELECT * FROM archives WHERE last_sequence > ?1 AND (?2 IS NULL OR first_sequence <= ?2)"
    " ORDER BY first_sequence"
)
_TOUCHED: Final = (
    "SELECT event_id, max(at) AS at FROM (SELECT event_id, asked_at AS at FROM leases"
    " UNION ALL SELECT event_id, at FROM gate_facts) GROUP BY event_id"
)
_OLD_BY_TIME: Final = (
    ("upload_attempts", "ended_at", ""),
    ("line_changes", "at", ""),
    ("runs", "started_at", "AND rowid < (SELECT max(rowid) FROM runs)"),
    ("staff_sessions", "signed_in_at", "AND ended = 1"),
    ("carts", "opened_at", "AND state = 'expired'"),
    ("prints", "asked_at", "AND state IN ('printed', 'cancelled')"),
)
_OF_EVENT: Final = (
    (
        "DELETE FROM stock WHERE serial IN (SELECT serial FROM stock WHERE event_id = ?"
        " AND state IN ('sold', 'returned', 'revoked') AND NOT EXISTS (SELECT 1 FROM transactions"
        " WHERE txn_id = cart_txn_id) LIMIT ?)"
    ),
    (
        "DELETE FROM gate_facts WHERE rowid IN"
        " (SELECT rowid FROM gate_facts WHERE event_id = ? LIMIT ?)"
    ),
    (
        "DELETE FROM leases WHERE request_id IN (SELECT request_id FROM leases AS l"
        " WHERE l.event_id = ? AND l.allotment_id IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM stock AS s WHERE s.allotment_id = l.allotment_id) LIMIT ?)"
    ),
)


class ArchiveReads(Reads):
    """What may be archived, and what was."""

    def archivable(self, before: datetime, limit: int) -> Sequence[ArchiveLine]:
        """Return settled rows of consecutive sequences, the oldest there are, at most `limit`.

        They settled before `before`, and so did what depends on them. A row whose text is damaged
        stays where it is, and so does one that depends on a row that stays: the void of a sale
        that may yet be voided must be found.
        """
        lines: list[ArchiveLine] = []
        leaving: set[str] = set()
        with closing(self._connection.execute(_ARCHIVABLE, (time_text(before),))) as found:
            for row in found:
                line = _archive_line(row) if self._is_free(row["depends_on"], leaving) else None
                if lines and (line is None or not _follows(line, lines[-1])):
                    break
                if line is not None:
                    lines.append(line)
                    leaving.add(line["txn_id"])
                if len(lines) == limit:
                    break
        return lines

    def _is_free(self, depends_on: str | None, leaving: AbstractSet[str]) -> bool:
        """Say whether what a row depends on has left the table, or leaves it now."""
        if depends_on is None or depends_on in leaving:
            return True
        return self._one("SELECT 1 FROM transactions WHERE txn_id = ?", depends_on) is None

    def archives(self) -> Sequence[ArchiveFacts]:
        """Return every archive that transactions of this journal went to, oldest first."""
        return [
            ArchiveFacts(
                journal_id=UUID(row["journal_id"]),
                first_sequence=row["first_sequence"],
                last_sequence=row["last_sequence"],
                transactions=row["transactions"],
                first_prev_hash=row["first_prev_hash"],
                last_hash=row["last_hash"],
                sha256=row["sha256"],
            )
            for row in self._all("SELECT * FROM archives ORDER BY archive_id")
        ]

    def has_all(self, first_sequence: int, last_sequence: int) -> bool:
        """Say whether every transaction of a range is still in the journal's table."""
        row = self._one(
            "SELECT count(*) AS n FROM transactions WHERE sequence BETWEEN ? AND ?",
            first_sequence,
            last_sequence,
        )
        return row is not None and row["n"] == last_sequence - first_sequence + 1

    def touched_events(self) -> dict[str, datetime]:
        """Return when each event that anything is kept of was last asked or heard of."""
        return {row["event_id"]: read_time(row["at"]) for row in self._all(_TOUCHED)}

    def _archived_void_of(self, sale_txn_id: UUID) -> UUID | None:
        row = self._one(
            "SELECT txn_id FROM archived WHERE depends_on = ? AND kind = 'void'",
            sale_txn_id.bytes,
        )
        return None if row is None else UUID(bytes=row["txn_id"])

    def _archived(self, txn_id: UUID) -> JournalRow | None:
        """Return a transaction from its archive; ProblemError `journal_damaged` if it is broken."""
        found = self._one(
            "SELECT sequence, journal_id, first_sequence, last_sequence FROM archived"
            " JOIN archives USING (archive_id) WHERE txn_id = ?",
            txn_id.bytes,
        )
        if found is None:
            return None
        try:
            for row in self._rows_of(found):
                if row.sequence == found["sequence"]:
                    return row
        except ArchiveError as error:
            raise errors.needs_archive(str(error)) from error
        raise errors.in_no_archive(found["sequence"])

    def _archived_after(
        self, after: int, up_to: int | None, limit: int
    ) -> tuple[list[JournalRow], list[LostRange]]:
        """Return archived rows above `after`, not above `up_to` if it is named, oldest first.

        With them: which files can't be read, whole.
        """
        found: list[JournalRow] = []
        lost: list[LostRange] = []
        for archive in self._all(_ARCHIVES_OF, after, up_to):
            try:
                found += [row for row in self._rows_of(archive) if row.sequence > after]
            except ArchiveError as error:
                ends = archive["first_sequence"], archive["last_sequence"]
                lost.append(LostRange(*ends, archive["last_hash"], str(error)))
            if len(found) >= limit:
                break
        return found, lost

    def _rows_of(self, archive: sqlite3.Row) -> list[JournalRow]:
        name = _name_of(archive)
        lines = FileArchives(self._archive_folder()).read(name)
        try:
            return [rows.archived_row(line) for line in lines]
        except (LookupError, ValueError, TypeError) as error:
            raise ArchiveError(f"{name} is damaged: {error}") from error

    def _archive_folder(self) -> Path:
        """Return where this file's archives are: beside it."""
        if self._folder is not None:
            return self._folder / FOLDER_NAME
        row = self._one("PRAGMA database_list")
        return Path("" if row is None else row["file"]).parent / FOLDER_NAME


class ArchiveWrites(Writes, ArchiveReads):
    """Leaving the tables."""

    def leave_for_archive(
        self, facts: ArchiveFacts, lines: Sequence[ArchiveLine], at: datetime
    ) -> None:
        """Replace rows by their ids, for ever, in one commit; the archive is on disk by now.

        ValueError if one of them is not settled or not there any more; then nothing changes.
        """
        file_archive(self._connection, facts, lines, at)
        gone = self._change(
            "DELETE FROM transactions WHERE sequence BETWEEN ? AND ? AND state = 'settled'",
            facts.first_sequence,
            facts.last_sequence,
        )
        if gone != facts.transactions:
            msg = f"{facts.name} holds {facts.transactions} transactions, the journal {gone}"
            raise ValueError(msg)
        self._connection.executemany(
            "DELETE FROM carts WHERE txn_id = ?", [(line["txn_id"],) for line in lines]
        )

    def forget(self, what: Forgettable, limit: int) -> int:
        """Delete at most `limit` of each kind; return how many rows went."""
        gone = 0
        for table, column, condition in _OLD_BY_TIME:
            gone += self._change(
                f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table}"  # noqa: S608  constants
                f" WHERE {column} < ? {condition} LIMIT ?)",
                time_text(what.before),
                limit,
            )
        for event_id in what.events:
            self._inside.pop(event_id, None)
            gone += sum(self._change(sql, event_id, limit) for sql in _OF_EVENT)
        return gone

    def unshrinkable_bytes(self) -> int:
        """Return the file's size if it can't give pages back to the disk, else 0.

        Only the writing connection knows: another learns it when it is opened, and never again.
        """
        if self._pragma("auto_vacuum"):
            return 0
        return self._pragma("page_count") * self._pragma("page_size")

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])

    def shrink(self, pages: int) -> int:
        """Give at most so many free pages back to the disk; return how many are left free."""
        free = self._pragma("freelist_count")
        for _ in range(min(free, pages)):
            # Python takes one step of a statement without columns, and a step gives back one page.
            self._connection.execute("PRAGMA incremental_vacuum(1)")
        left = self._pragma("freelist_count")
        self._pages_given_back += free - left
        return left


def file_archive(
    connection: sqlite3.Connection, facts: ArchiveFacts, lines: Sequence[ArchiveLine], at: datetime
) -> None:
    """Name an archive in the journal, and the ids of `lines` as being in it."""
    cursor = connection.execute(
        "INSERT INTO archives (journal_id, first_sequence, last_sequence, transactions,"
        " first_prev_hash, last_hash, sha256, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            str(facts.journal_id),
            facts.first_sequence,
            facts.last_sequence,
            facts.transactions,
            facts.first_prev_hash,
            facts.last_hash,
            facts.sha256,
            time_text(at),
        ),
    )
    connection.executemany(
        "INSERT INTO archived (txn_id, sequence, kind, request_hash, receipt_number,"
        " archive_id, depends_on) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [_archived_columns(line, cursor.lastrowid) for line in lines],
    )


def _archive_line(row: sqlite3.Row) -> ArchiveLine | None:
    """Return a row as an archive keeps it; None if its text is not what was sealed any more."""
    try:
        line = {
            name: read_json(row[name]) if name in _JSON and row[name] is not None else row[name]
            for name in row.keys()  # noqa: SIM118  a Row iterates over its values
            if name not in _NOT_KEPT
        }
        transaction = Transaction.model_validate(
            {"envelope": line["envelope"], "payload": line["payload"]}
        )
        whole = transaction.payload_matches()
    except ValueError:
        return None
    return line if whole and transaction.envelope.sequence == line["sequence"] else None


def _follows(line: ArchiveLine, last: ArchiveLine) -> bool:
    """Say whether a line is the very next one: after a salvage the chain runs on over a gap."""
    linked: bool = line["envelope"]["prev_hash"] == last["envelope"]["hash"]
    return linked and line["sequence"] == last["sequence"] + 1


def _name_of(archive: sqlite3.Row) -> str:
    ends = f"{archive['first_sequence']}-{archive['last_sequence']}"
    return f"{archive['journal_id']}-{ends}.jsonl.gz"


def _archived_columns(line: ArchiveLine, archive_id: int | None) -> tuple[object, ...]:
    return (
        UUID(line["txn_id"]).bytes,
        line["sequence"],
        line["kind"],
        bytes.fromhex(line["request_hash"]),
        line["receipt_number"],
        archive_id,
        None if line["depends_on"] is None else UUID(line["depends_on"]).bytes,
    )
