"""Moving out: giving the unsettled transactions away, and keeping the receipt for them."""

from typing import Final
from uuid import UUID

import structlog

from kiosk_agent.domain.epochs import journal_at
from kiosk_agent.domain.leaving import Verify, check_receipt
from kiosk_agent.ports.journal import JournalReader, JournalRow, JournalWriter
from kiosk_agent.services.kiosk import Kiosk
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.moving_out import ExportHead, ExportItem, ExportPage, SignedReceipt

log = structlog.get_logger(__name__)
UNSETTLED: Final = tuple(state for state in JournalState if state is not JournalState.SETTLED)


class MovingOut:
    """What the command line asks for, page by page, and brings back."""

    def __init__(self, kiosk: Kiosk, verify: Verify) -> None:
        self._kiosk = kiosk
        self._verify = verify

    async def page(self, after: int, limit: int) -> ExportPage:
        """Return unsettled transactions above a sequence, with the journal's head."""
        return await self._kiosk.journal.read(lambda reader: export_page(reader, after, limit))

    async def keep_receipt(self, signed: SignedReceipt) -> None:
        """Keep a receipt that counts; ProblemError `receipt_refused` for any other. Idempotent."""

        def work(writer: JournalWriter) -> None:
            keys = writer.verify_keys()
            check_receipt(signed, writer.identity(), writer.head(), keys, self._verify)
            writer.put_receipt(signed, self._kiosk.clock.now())

        await self._kiosk.journal.write(work)
        log.info("receipt_kept", sequence=signed.receipt.sequence)
        self._kiosk.changes.notify()


def export_page(reader: JournalReader, after: int, limit: int) -> ExportPage:
    """Return a page as of one moment."""
    identity, (sequence, last_hash) = reader.identity(), reader.head()
    epochs = reader.epochs()
    return ExportPage(
        head=ExportHead(
            kiosk_id=identity.kiosk_id,
            kiosk_code=identity.kiosk_code,
            venue_id=identity.venue_id,
            journal_id=identity.journal_id,
            epoch=identity.epoch,
            first_sequence=epochs[-1].first_sequence,
            sequence=sequence,
            hash=last_hash,
        ),
        items=tuple(
            _item(row, journal_at(epochs, row.sequence))
            for row in reader.rows_after(after, limit, UNSETTLED)
        ),
    )


def _item(row: JournalRow, journal_id: UUID) -> ExportItem:
    return ExportItem(
        sequence=row.sequence,
        txn_id=row.txn_id,
        journal_id=journal_id,
        state=row.state,
        item=row.transaction.to_json(),
        outcome=row.outcome,
    )
