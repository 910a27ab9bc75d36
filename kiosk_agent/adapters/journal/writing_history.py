"""Writes of staff, shifts, runs, the line and upload attempts."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from kiosk_agent.adapters.journal.codec import json_text, tender_text, time_or_null, time_text
from kiosk_agent.adapters.journal.writes import Writes
from kiosk_agent.domain.leases import ClockConfirmation
from kiosk_agent.domain.records import CancelledPayment


class HistoryWrites(Writes):
    """Who worked, when the agent ran, when the line was down, what was tried."""

    def put_staff_session(self, token_hash: str, staff_id: str, at: datetime) -> None:
        """Remember a sign-in by the hash of its token."""
        self._change(
            "INSERT INTO staff_sessions (token_hash, staff_id, signed_in_at, ended)"
            " VALUES (?, ?, ?, 0)",
            token_hash,
            staff_id,
            time_text(at),
        )

    def end_staff_session(self, token_hash: str) -> None:
        """Sign out; a repeat changes nothing."""
        self._change("UPDATE staff_sessions SET ended = 1 WHERE token_hash = ?", token_hash)

    def put_open_shift(self, shift_id: UUID, staff_id: str, at: datetime, sequence: int) -> None:
        """Remember that a person took a drawer, by the transaction of this sequence."""
        self._change(
            "INSERT INTO shifts (shift_id, staff_id, opened_at, opened_sequence)"
            " VALUES (?, ?, ?, ?)",
            str(shift_id),
            staff_id,
            time_text(at),
            sequence,
        )

    def close_shift(self, shift_id: UUID, at: datetime, sequence: int) -> None:
        """Remember that a drawer was counted, and by which transaction; ValueError if it was."""
        changed = self._change(
            "UPDATE shifts SET closed_at = ?, closed_sequence = ?"
            " WHERE shift_id = ? AND closed_at IS NULL",
            time_text(at),
            sequence,
            str(shift_id),
        )
        if not changed:
            msg = f"shift {shift_id} is unknown or closed already"
            raise ValueError(msg)

    def note_cancelled_payment(self, cancelled: CancelledPayment) -> None:
        """Remember money that was taken and given back without a sale."""
        shift_id = cancelled.shift_id
        self._change(
            "INSERT INTO cancelled_payments (txn_id, shift_id, cashier_id, given_back_by,"
            " approved_by, at, taken) VALUES (?, ?, ?, ?, ?, ?, ?)",
            str(cancelled.txn_id),
            None if shift_id is None else str(shift_id),
            cancelled.cashier_id,
            cancelled.given_back_by,
            cancelled.approved_by,
            time_text(cancelled.at),
            tender_text(cancelled.taken),
        )

    def put_pin_failures(self, count: int, last_at: datetime | None) -> None:
        """Remember how many wrong PINs came in a row, and when the last one did."""
        self._set_meta("pin_failures", str(count))
        self._set_meta("pin_failed_at", time_or_null(last_at) or "")

    def put_clock_confirmation(self, confirmation: ClockConfirmation) -> None:
        """Remember a manager's word on the clock."""
        said = {**asdict(confirmation), "at": time_text(confirmation.at)}
        self._set_meta("clock_confirmed", json_text(said))

    def put_server_offset(self, offset_ms: int) -> None:
        """Remember how far our clock is from the server's, for a start without a line."""
        self._set_meta("server_offset_ms", str(offset_ms))

    def begin_run(self, at: datetime, boot_id: str, pid: int, version: str) -> int:
        """Note that the agent started; return the run's id for `end_run`."""
        cursor = self._connection.execute(
            "INSERT INTO runs (started_at, boot_id, pid, version) VALUES (?, ?, ?, ?)",
            (time_text(at), boot_id, pid, version),
        )
        return cursor.lastrowid or 0

    def end_run(self, run_id: int, at: datetime) -> None:
        """Note that the agent stopped by itself."""
        self._change("UPDATE runs SET stopped_at = ? WHERE run_id = ?", time_text(at), run_id)

    def note_line(self, at: datetime, state: str, detail: str) -> None:
        """Note that the line went up or down."""
        self._change(
            "INSERT INTO line_changes (at, state, detail) VALUES (?, ?, ?)",
            time_text(at),
            state,
            detail,
        )

    def note_attempt(  # noqa: PLR0913  one row of the attempts table
        self,
        *,
        started_at: datetime,
        ended_at: datetime,
        first_sequence: int,
        last_sequence: int,
        items: int,
        result: str,
        detail: str,
    ) -> None:
        """Note one upload attempt: `answered`, or the FleetError code that ended it."""
        self._change(
            "INSERT INTO upload_attempts (started_at, ended_at, first_sequence, last_sequence,"
            " items, result, detail) VALUES (?, ?, ?, ?, ?, ?, ?)",
            time_text(started_at),
            time_text(ended_at),
            first_sequence,
            last_sequence,
            items,
            result,
            detail,
        )
