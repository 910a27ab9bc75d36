"""Writes that follow transactions on their way to being settled."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kiosk_agent.adapters.journal import rows
from kiosk_agent.adapters.journal.codec import foreign_json_text, time_text
from kiosk_agent.adapters.journal.reading import MAY_BE_SENT, TransactionReads
from kiosk_agent.adapters.journal.writes import Writes
from kiosk_agent.domain.records import Outgoing
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.uploads import ItemOutcome

_NEXT_QUEUED: Final = (
    f"SELECT {rows.OUTGOING} FROM transactions AS t WHERE {MAY_BE_SENT}"  # noqa: S608  constants
    " AND t.sequence > ?1 AND NOT EXISTS (SELECT 1 FROM transactions AS d"
    " WHERE d.txn_id = t.depends_on AND d.state = 'queued' AND d.sequence <= ?1)"
    " ORDER BY t.sequence LIMIT ?2"
)
"""Above the last one of the batch. What is queued again below it goes with the next batch, and what
depends on it, too."""
_JOURNAL_AT: Final = (
    "SELECT journal_id, (SELECT min(first_sequence) FROM epochs AS l"
    " WHERE l.first_sequence > e.first_sequence) AS ends_before FROM epochs AS e"
    " WHERE first_sequence <= ? ORDER BY first_sequence DESC, epoch DESC LIMIT 1"
)
_FIRST_REFUSED: Final = "iif(?2 IS NULL OR first_refused_at <= ?2, first_refused_at, ?2)"
"""A time that is yet to come is of a clock that was set back since: then it counts from now."""
_REQUEUE: Final = (
    "UPDATE transactions SET state = 'queued', outcome = COALESCE(?1, outcome),"  # noqa: S608  constants
    f" first_refused_at = {_FIRST_REFUSED} WHERE sequence = ?3 AND state = 'uploading'"
)
_JUDGE: Final = (
    f"UPDATE transactions SET state = ?4, outcome = ?1, first_refused_at = {_FIRST_REFUSED}"  # noqa: S608  constants
    " WHERE sequence = ?3 AND state != 'settled'"
)
_AGAIN: Final = "UPDATE transactions SET state = 'queued', first_refused_at = NULL WHERE "
_REVOKE_REFUNDED: Final = (
    "INSERT INTO gate_facts (event_id, serial, fact, at, gate, reason)"
    " SELECT s.event_id, s.serial, 'revoked', ?2, '', 'refunded'"
    " FROM transactions AS t, json_each(iif(json_valid(t.payload), t.payload, '{}'), '$.serials')"
    " AS given JOIN stock AS s ON s.serial = given.value"
    " WHERE t.sequence = ?1 AND t.kind = 'refund'"
)
"""Tickets that this kiosk sold; others it hears of by the gate feed, as other kiosks do."""
_ITS_SALE: Final = "SELECT depends_on FROM transactions WHERE sequence = ? AND kind = 'void'"


class UploadWrites(Writes, TransactionReads):
    """States of transactions. A settled one never leaves that state.

    A row goes by its sequence: the ids in a damaged one can't be trusted.
    """

    def begin_upload(
        self, limit: int, max_bytes: int, *, after: Outgoing | None = None
    ) -> Sequence[Outgoing]:
        """Mark the next queued rows UPLOADING and return what to send, in sequence order.

        All are of one journal; with `after`, the last of a batch so far, of that one's. Without,
        there is at least one if any is queued, however large.
        """
        chosen = self._next_of_one_journal(limit, max_bytes, after)
        if not chosen:
            return []
        sequences = [row["sequence"] for row in chosen]
        self._change(
            "UPDATE transactions SET state = 'uploading', attempts = attempts + 1"  # noqa: S608  marks
            f" WHERE sequence IN ({', '.join('?' * len(sequences))})",
            *sequences,
        )
        journal_id, _ = self._journal_at(chosen[0]["sequence"])
        return [rows.outgoing(row, journal_id) for row in chosen]

    def _next_of_one_journal(
        self, limit: int, max_bytes: int, after: Outgoing | None
    ) -> list[sqlite3.Row]:
        chosen: list[sqlite3.Row] = []
        size, ends_before = 0, None
        for row in self._all(_NEXT_QUEUED, 0 if after is None else after.sequence, limit):
            if not chosen:
                _, ends_before = self._journal_at(after.sequence if after else row["sequence"])
            size += rows.outgoing_bytes(row)
            is_of_next = ends_before is not None and row["sequence"] >= ends_before
            if (chosen or after) and (size > max_bytes or is_of_next):
                break
            chosen.append(row)
        return chosen

    def _journal_at(self, sequence: int) -> tuple[UUID, int | None]:
        """Return the journal of a sequence, and where the next one begins."""
        row = self._one(_JOURNAL_AT, sequence)
        if row is None:
            return self.identity().journal_id, None
        return UUID(row["journal_id"]), row["ends_before"]

    def settle(self, sequence: int, outcome: ItemOutcome, at: datetime) -> None:
        """Mark it settled: the ticket API has it for good.

        A void that settled has closed its quarantined sale there, so that one is sent once more,
        to settle too and count nothing. The tickets of a refund that settled admit no more.
        """
        changed = self._change(
            "UPDATE transactions SET state = 'settled', settled_at = ?, outcome = ?"
            " WHERE sequence = ? AND state != 'settled'",
            time_text(at),
            foreign_json_text(outcome.to_json()),
            sequence,
        )
        self._change(
            f"{_AGAIN} state = 'quarantined' AND txn_id = ({_ITS_SALE})",
            sequence,
        )
        if changed:
            self._change(_REVOKE_REFUNDED, sequence, time_text(at))

    def quarantine(self, sequence: int, outcome: ItemOutcome, at: datetime) -> None:
        """Set it aside: it could not be settled, the outcome says why, and a person acts."""
        self._judge(sequence, JournalState.QUARANTINED, outcome, at)

    def park(self, sequence: int, outcome: ItemOutcome, at: datetime) -> None:
        """Let others pass it: it has stayed retryable for too long."""
        self._judge(sequence, JournalState.PARKED, outcome, at)

    def requeue(
        self, sequences: Sequence[int], at: datetime, outcome: ItemOutcome | None = None
    ) -> None:
        """Back to QUEUED; with an outcome, the far side asked for a retry of these."""
        for sequence in sequences:
            self._change(
                _REQUEUE,
                None if outcome is None else foreign_json_text(outcome.to_json()),
                None if outcome is None else time_text(at),
                sequence,
            )

    def requeue_all_uploading(self) -> int:
        """At start: what was uploading is queued again. Returns how many."""
        return self._change("UPDATE transactions SET state = 'queued' WHERE state = 'uploading'")

    def requeue_parked(self) -> list[int]:
        """All parked rows try again. Returns their sequences.

        The time until an item is parked counts anew, from its next refusal.
        """
        parked = self._all(f"{_AGAIN} state = 'parked' RETURNING sequence")
        return sorted(row["sequence"] for row in parked)

    def requeue_stuck(self, txn_ids: Sequence[UUID] | None) -> int:
        """Let parked and quarantined rows try again; None: all of them. Returns how many."""
        again = f"{_AGAIN} state IN ('parked', 'quarantined')"
        if txn_ids is None:
            return self._change(again)
        return sum(self._change(f"{again} AND txn_id = ?", str(txn_id)) for txn_id in txn_ids)

    def _judge(
        self, sequence: int, state: JournalState, outcome: ItemOutcome, at: datetime
    ) -> None:
        self._change(
            _JUDGE,
            foreign_json_text(outcome.to_json()),
            time_text(at),
            sequence,
            state,
        )
