"""Writes about what leaves the kiosk by another way than the line."""

from datetime import datetime
from typing import Final

from kiosk_agent.adapters.journal.codec import foreign_json_text, time_text
from kiosk_agent.adapters.journal.writes import Writes
from kiosk_contracts.moving_out import SignedReceipt
from kiosk_contracts.quarantine import HandedOver

_KEEP_RECEIPT: Final = """
    INSERT INTO receipts (sequence, imported_at, body) VALUES (?, ?, ?)
    ON CONFLICT (sequence) DO UPDATE SET imported_at = excluded.imported_at, body = excluded.body
    WHERE iif(json_valid(body), body, '{}') ->> '$.receipt.journal_id'
    IS NOT excluded.body ->> '$.receipt.journal_id'
"""


class MoveWrites(Writes):
    """What was handed over, and receipts."""

    def put_receipt(self, signed: SignedReceipt, at: datetime) -> None:
        """Keep a receipt; a repeat changes nothing, one of another journal takes its place."""
        self._change(
            _KEEP_RECEIPT,
            signed.receipt.sequence,
            time_text(at),
            foreign_json_text(signed.to_json()),
        )

    def put_handed_over(self, sequence: int, handed_over: HandedOver) -> None:
        """Remember who handed a transaction over; the newest counts."""
        self._change(
            "INSERT INTO handed_over (sequence, at, by_whom, note) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (sequence) DO UPDATE SET at = excluded.at, by_whom = excluded.by_whom,"
            " note = excluded.note",
            sequence,
            time_text(handed_over.at),
            handed_over.by,
            handed_over.note,
        )
