"""The print queue in the journal: what was asked for, and what became of it."""

import sqlite3
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from kiosk_agent.adapters.journal.codec import read_time, time_text
from kiosk_agent.adapters.journal.reads import Reads
from kiosk_agent.adapters.journal.writes import Writes
from kiosk_agent.domain.printing import NewPrint, StoredPrint
from kiosk_contracts.printing import PrintKind, PrintState

_OPEN: Final = "state IN ('waiting', 'printing', 'doubtful')"
_SAME: Final = "txn_id = ? AND kind = ? AND serial = ?"


class PrintReads(Reads):
    """What waits, and what is in doubt."""

    def next_print(self) -> StoredPrint | None:
        """Return what is to be printed next, if anything waits."""
        row = self._one("SELECT * FROM prints WHERE state = 'waiting' ORDER BY print_id LIMIT 1")
        return None if row is None else stored_print(row)

    def open_prints(self, limit: int) -> Sequence[StoredPrint]:
        """Return what waits, is being printed or is in doubt, oldest first."""
        sql = f"SELECT * FROM prints WHERE {_OPEN} ORDER BY print_id LIMIT ?"  # noqa: S608  constant
        return [stored_print(row) for row in self._all(sql, limit)]

    def count_prints(self, state: PrintState) -> int:
        """Return how many prints are in a state."""
        return self._count("SELECT count(*) AS n FROM prints WHERE state = ?", state)

    def last_copy(self, txn_id: UUID, kind: PrintKind, serial: str) -> int | None:
        """Return the highest copy of a sheet that was ever asked for; None if none was."""
        sql = f"SELECT max(copy_number) AS n FROM prints WHERE {_SAME}"  # noqa: S608  constant
        row = self._one(sql, str(txn_id), kind, serial)
        return None if row is None or row["n"] is None else int(row["n"])


class PrintWrites(Writes):
    """Changes of the queue."""

    def add_print(self, new: NewPrint) -> None:
        """Put a sheet at the end of the queue."""
        self._change(
            "INSERT INTO prints (txn_id, kind, serial, copy_number, body, state, asked_at)"
            " VALUES (?, ?, ?, ?, ?, 'waiting', ?)",
            str(new.txn_id),
            new.kind,
            new.serial,
            new.copy_number,
            new.body,
            time_text(new.asked_at),
        )

    def set_print_state(self, print_id: int, state: PrintState) -> bool:
        """Set the state of a print that is not over; False if there is no such one."""
        sql = f"UPDATE prints SET state = ? WHERE print_id = ? AND {_OPEN}"  # noqa: S608  constant
        return bool(self._change(sql, state, print_id))

    def doubt_prints(self, state: PrintState) -> int:
        """Let all prints of a state be in doubt; return how many."""
        return self._change("UPDATE prints SET state = 'doubtful' WHERE state = ?", state)

    def cancel_tickets(self, txn_id: UUID) -> None:
        """Take the tickets of a sale off the queue that were not begun."""
        sql = "UPDATE prints SET state = 'cancelled' WHERE txn_id = ? AND kind = ? AND state = ?"
        self._change(sql, str(txn_id), PrintKind.TICKET, PrintState.WAITING)

    def end_doubt(self, txn_id: UUID, kind: PrintKind, serial: str) -> None:
        """Give up on a doubtful print of the same sheet: it is printed again."""
        sql = f"UPDATE prints SET state = 'cancelled' WHERE {_SAME} AND state = 'doubtful'"  # noqa: S608
        self._change(sql, str(txn_id), kind, serial)


def stored_print(row: sqlite3.Row) -> StoredPrint:
    """Return a row of `prints`."""
    return StoredPrint(
        print_id=row["print_id"],
        txn_id=UUID(row["txn_id"]),
        kind=PrintKind(row["kind"]),
        serial=row["serial"],
        copy_number=row["copy_number"],
        body=row["body"],
        asked_at=read_time(row["asked_at"]),
        state=PrintState(row["state"]),
    )
