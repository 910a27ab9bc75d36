"""Reads who is signed in, and shifts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kiosk_agent.adapters.journal import rows
from kiosk_agent.adapters.journal.codec import read_time, read_time_or_none
from kiosk_agent.adapters.journal.reads import Reads
from kiosk_agent.domain.records import CancelledPayment, ShiftRecord


class StaffReads(Reads):
    """Sign-ins and shifts."""

    def staff_session(self, token_hash: str) -> tuple[str, datetime] | None:
        """Return (staff_id, signed in at) of a session that was not signed out."""
        row = self._one(
            "SELECT staff_id, signed_in_at FROM staff_sessions WHERE token_hash = ? AND ended = 0",
            token_hash,
        )
        return None if row is None else (row["staff_id"], read_time(row["signed_in_at"]))

    def open_shift(self, staff_id: str) -> UUID | None:
        """Return a person's open shift, or None."""
        row = self._one(
            "SELECT shift_id FROM shifts WHERE staff_id = ? AND closed_at IS NULL", staff_id
        )
        return None if row is None else UUID(row["shift_id"])

    def shift(self, shift_id: UUID) -> ShiftRecord | None:
        """Return a shift, open or closed, or None."""
        row = self._one("SELECT * FROM shifts WHERE shift_id = ?", str(shift_id))
        return None if row is None else rows.shift_record(row)

    def shifts(self, limit: int, staff_id: str | None = None) -> Sequence[ShiftRecord]:
        """Return so many shifts at most, of everybody or of one person, the newest first."""
        found = self._all(
            "SELECT * FROM shifts WHERE ? IN (staff_id, '') ORDER BY opened_sequence DESC LIMIT ?",
            staff_id or "",
            limit,
        )
        return [rows.shift_record(row) for row in found]

    def waiting_drawer(self) -> ShiftRecord | None:
        """Return the shift that was closed last, or None if one was opened since."""
        row = self._one(
            "SELECT * FROM shifts"
            " WHERE closed_sequence > (SELECT max(opened_sequence) FROM shifts)"
            " ORDER BY closed_sequence DESC LIMIT 1"
        )
        return None if row is None else rows.shift_record(row)

    def cancelled_payments(self, shift_id: UUID) -> Sequence[CancelledPayment]:
        """Return what was taken and given back without a sale in a shift, oldest first."""
        sql = "SELECT * FROM cancelled_payments WHERE shift_id = ? ORDER BY cancelled_id"
        return [rows.cancelled_payment(row) for row in self._all(sql, str(shift_id))]

    def latest_cancelled_payments(
        self, limit: int, shift_id: UUID | None = None
    ) -> Sequence[CancelledPayment]:
        """Return so many at most, newest first: a shift's, or all, also those of no shift."""
        of_shift = "" if shift_id is None else str(shift_id)
        sql = (
            "SELECT * FROM cancelled_payments WHERE ? = '' OR shift_id = ?"
            " ORDER BY cancelled_id DESC LIMIT ?"
        )
        return [rows.cancelled_payment(row) for row in self._all(sql, of_shift, of_shift, limit)]

    def pin_failures(self) -> tuple[int, datetime | None]:
        """Return how many wrong PINs came in a row, and when the last one did."""
        failed_at = self._meta("pin_failed_at")
        return int(self._meta("pin_failures") or 0), read_time_or_none(failed_at or None)
