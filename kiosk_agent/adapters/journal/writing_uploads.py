"""Writes that follow transactions on their way to being settled."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kiosk_agent.adapters.journal import rows
from kiosk_agent.adapters.journal.codec import foreign_json_text, time_text
from kiosk_agent.adapters.journal.writes import Writes
from kiosk_agent.domain.records import JournalRow
from kiosk_contracts.uploads import ItemOutcome

_ITEM_FRAME_BYTES: Final = 64
"""Names, braces and commas around an item's envelope, payload and personal data."""
_NEXT_QUEUED: Final = (
    "SELECT t.* FROM transactions AS t WHERE t.state = 'queued' AND NOT EXISTS ("
    "SELECT 1 FROM transactions AS d WHERE d.txn_id = t.depends_on"
    " AND d.state IN ('parked', 'quarantined')) ORDER BY t.sequence LIMIT ?"
)


class UploadWrites(Writes):
    """States of transactions. A settled one never leaves that state."""

    def begin_upload(self, limit: int, max_bytes: int) -> Sequence[JournalRow]:
        """Mark the next queued rows UPLOADING and return them, in sequence order."""
        chosen: list[sqlite3.Row] = []
        size = 0
        for row in self._all(_NEXT_QUEUED, limit):
            size += _item_bytes(row)
            if chosen and size > max_bytes:
                break
            chosen.append(row)
        for row in chosen:
            self._change(
                "UPDATE transactions SET state = 'uploading', attempts = attempts + 1"
                " WHERE sequence = ?",
                row["sequence"],
            )
        sequences = [row["sequence"] for row in chosen]
        return [rows.journal_row(row) for row in self._rows_again(sequences)]

    def settle(self, txn_id: UUID, outcome: ItemOutcome, at: datetime) -> None:
        """Mark it settled: the ticket API has it for good."""
        self._change(
            "UPDATE transactions SET state = 'settled', settled_at = ?, outcome = ?"
            " WHERE txn_id = ? AND state != 'settled'",
            time_text(at),
            foreign_json_text(outcome.to_json()),
            str(txn_id),
        )

    def quarantine(self, txn_id: UUID, outcome: ItemOutcome, at: datetime) -> None:
        """Set it aside: it could not be settled, the outcome says why, and a person acts."""
        self._judge(txn_id, "quarantined", outcome, at)

    def park(self, txn_id: UUID, outcome: ItemOutcome, at: datetime) -> None:
        """Let others pass it: it has stayed retryable for too long."""
        self._judge(txn_id, "parked", outcome, at)

    def requeue(
        self, txn_ids: Sequence[UUID], at: datetime, outcome: ItemOutcome | None = None
    ) -> None:
        """Back to QUEUED; with an outcome, the far side asked for a retry of these."""
        for txn_id in txn_ids:
            self._change(
                "UPDATE transactions SET state = 'queued', outcome = COALESCE(?, outcome),"
                " first_refused_at = COALESCE(first_refused_at, ?)"
                " WHERE txn_id = ? AND state = 'uploading'",
                None if outcome is None else foreign_json_text(outcome.to_json()),
                None if outcome is None else time_text(at),
                str(txn_id),
            )

    def requeue_all_uploading(self) -> int:
        """At start: what was uploading is queued again. Returns how many."""
        return self._change("UPDATE transactions SET state = 'queued' WHERE state = 'uploading'")

    def requeue_parked(self, txn_ids: Sequence[UUID] | None, at: datetime) -> int:
        """Parked or quarantined rows try again; None: all parked ones. Returns how many.

        The time until an item is parked counts anew, from its next refusal.
        """
        del at
        again = "UPDATE transactions SET state = 'queued', first_refused_at = NULL WHERE "
        if txn_ids is None:
            return self._change(f"{again} state = 'parked'")
        return sum(
            self._change(f"{again} txn_id = ? AND state IN ('parked', 'quarantined')", str(txn_id))
            for txn_id in txn_ids
        )

    def _judge(self, txn_id: UUID, state: str, outcome: ItemOutcome, at: datetime) -> None:
        self._change(
            "UPDATE transactions SET state = ?, outcome = ?,"
            " first_refused_at = COALESCE(first_refused_at, ?)"
            " WHERE txn_id = ? AND state != 'settled'",
            state,
            foreign_json_text(outcome.to_json()),
            time_text(at),
            str(txn_id),
        )

    def _rows_again(self, sequences: Sequence[int]) -> list[sqlite3.Row]:
        marks = ", ".join("?" * len(sequences))
        sql = f"SELECT * FROM transactions WHERE sequence IN ({marks}) ORDER BY sequence"  # noqa: S608  only marks
        return self._all(sql, *sequences)


def _item_bytes(row: sqlite3.Row) -> int:
    texts = (row["envelope"], row["payload"], row["personal"] or "")
    return sum(len(text.encode("utf-8")) for text in texts) + _ITEM_FRAME_BYTES
