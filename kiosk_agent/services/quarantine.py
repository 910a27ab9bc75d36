"""Acts on quarantined transactions. Nothing leaves quarantine but by one of these."""

import asyncio
from typing import Any
from uuid import UUID

import structlog

from kiosk_agent.domain import refusals_staff
from kiosk_agent.ports.hand_overs import HandOvers
from kiosk_agent.ports.journal import JournalIdentity, JournalReader, JournalRow, JournalWriter
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import StaffView
from kiosk_agent.services.status import list_row
from kiosk_contracts.kiosk_status import JournalState, TransactionRow
from kiosk_contracts.quarantine import HandedOver

log = structlog.get_logger(__name__)


class Quarantine:
    """Retry and hand over; a void is a transaction, which Selling records."""

    def __init__(self, kiosk: Kiosk, files: HandOvers, staff: StaffView) -> None:
        self._kiosk = kiosk
        self._files = files
        self._staff = staff

    async def check(self, txn_id: UUID) -> None:
        """Raise ProblemError `txn_unknown` or `not_quarantined` unless it is quarantined."""
        await self._kiosk.journal.read(lambda reader: quarantined(reader, txn_id))

    async def retry(self, txn_id: UUID, by: str) -> TransactionRow:
        """Let it be judged afresh; refused again, it is quarantined with the newest reason."""

        def work(writer: JournalWriter) -> TransactionRow:
            quarantined(writer, txn_id)
            writer.requeue_stuck([txn_id])
            return list_row(writer, known(writer, txn_id), self._staff)

        row = await self._kiosk.journal.write(work)
        log.info("quarantine_retried", txn_id=str(txn_id), by=by)
        self._kiosk.changes.notify()
        return row

    async def hand_over(self, txn_id: UUID, by: str, note: str) -> TransactionRow:
        """Write it to a file with its reason and the note; it stays quarantined, and says so.

        The file is on disk before the journal tells of it. Doing it again writes it anew.
        """
        handed = HandedOver(at=self._kiosk.clock.now(), by=by, note=note)
        found, identity = await self._kiosk.journal.read(
            lambda reader: (quarantined(reader, txn_id), reader.identity())
        )
        name = f"{found.sequence:06d}-{txn_id}"
        await asyncio.to_thread(self._files.put, name, _file(identity, found, handed))

        def work(writer: JournalWriter) -> TransactionRow:
            writer.put_handed_over(quarantined(writer, txn_id).sequence, handed)
            return list_row(writer, known(writer, txn_id), self._staff)

        row = await self._kiosk.journal.write(work)
        log.info("quarantine_handed_over", txn_id=str(txn_id), by=by)
        self._kiosk.changes.notify()
        return row


def known(reader: JournalReader, txn_id: UUID) -> JournalRow:
    """Return a transaction; ProblemError `txn_unknown`."""
    row = reader.row(txn_id)
    if row is None:
        raise refusals_staff.txn_unknown(txn_id)
    return row


def quarantined(reader: JournalReader, txn_id: UUID) -> JournalRow:
    """Return a quarantined transaction; ProblemError `txn_unknown`, `not_quarantined`."""
    row = known(reader, txn_id)
    if row.state is not JournalState.QUARANTINED:
        raise refusals_staff.not_quarantined(row.state)
    return row


def _file(identity: JournalIdentity, row: JournalRow, handed: HandedOver) -> dict[str, Any]:
    return {
        "kiosk_id": identity.kiosk_id,
        "journal_id": str(identity.journal_id),
        "sequence": row.sequence,
        "txn_id": str(row.txn_id),
        "kind": row.kind,
        "receipt_number": row.receipt_number,
        "recorded_at": row.recorded_at.isoformat(),
        "transaction": row.transaction.to_json(),
        "outcome": None if row.outcome is None else row.outcome.to_json(),
        "handed_over": handed.to_json(),
    }
