"""Settling an export through the service that settles uploads, and signing the receipt for it."""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from uuid import UUID

from core_services.ticket_api.clock import Clock
from core_services.ticket_api.imports.reading import Export
from core_services.ticket_api.imports.refusing import ImportRefusedError
from core_services.ticket_api.journals.service import JournalService
from core_services.ticket_api.keys.service import KeyFolder
from core_services.ticket_api.transactions.domain.decision import Asker
from core_services.ticket_api.transactions.service import TransactionService
from kiosk_contracts.moving_out import ExportHead, ExportItem, Receipt, SignedReceipt
from kiosk_contracts.uploads import MAX_BATCH_ITEMS, ItemOutcome, ItemStatus, UploadBatch

_TRIES: Final = 10
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class ImportService:
    """Imports exports. Idempotent: what was settled or kept before is answered again."""

    journals: JournalService
    transactions: TransactionService
    keys: KeyFolder
    clock: Clock

    async def settle(self, export: Export, kiosk_id: str | None) -> list[ItemOutcome]:
        """Judge every item as an upload of the journal's own kiosk; return the outcomes in order.

        A journal that nobody used is bound to the export's kiosk if the operator named that one.
        What can't be told yet is kept as it came. Raises ImportRefusedError, StoreError.
        """
        head = export.manifest.head
        named = (head.journal_id, *(one.journal_id for one in export.items))
        for journal_id in dict.fromkeys(named):
            await self._check_owner(head, journal_id, kiosk_id)
        asker = Asker(kiosk_id=head.kiosk_id, venue_id=head.venue_id)
        outcomes: list[ItemOutcome] = []
        for journal_id, of_one in groupby(export.items, lambda one: one.journal_id):
            items = tuple(of_one)
            for at in range(0, len(items), MAX_BATCH_ITEMS):
                outcomes += await self._batch(journal_id, items[at : at + MAX_BATCH_ITEMS], asker)
        return outcomes

    async def receipt(self, export: Export, outcomes: Sequence[ItemOutcome]) -> SignedReceipt:
        """Return the signed receipt; raises ImportRefusedError if it could not be true."""
        head = export.manifest.head
        await self._check_coverage(export)
        signer = self.keys.signer()
        receipt = Receipt(
            journal_id=head.journal_id,
            kiosk_id=head.kiosk_id,
            export_id=export.manifest.export_id,
            epoch=head.epoch,
            sequence=head.sequence,
            hash=head.hash,
            counts=dict(Counter(outcome.status for outcome in outcomes)),
            set_hash=set_hash(export.items),
            issued_at=self.clock.now(),
            key_id=signer.key_id,
        )
        signature = signer.sign(receipt.signed_bytes()).hex()
        return SignedReceipt(receipt=receipt, signature=signature)

    async def _check_owner(self, head: ExportHead, journal_id: UUID, kiosk_id: str | None) -> None:
        if kiosk_id is not None and kiosk_id != head.kiosk_id:
            raise ImportRefusedError(f"the export is of kiosk {head.kiosk_id}, not of {kiosk_id}")
        owner = await self.journals.owner(journal_id)
        if owner is None and kiosk_id is None:
            raise ImportRefusedError(
                f"journal {journal_id} is not known here; if it is kiosk {head.kiosk_id}'s, "
                f"say so with --kiosk {head.kiosk_id}"
            )
        if owner not in (None, head.kiosk_id):
            raise ImportRefusedError(
                f"journal {journal_id} belongs to kiosk {owner}, and the export says that it "
                f"is of {head.kiosk_id}"
            )

    async def _batch(
        self, journal_id: UUID, items: Sequence[ExportItem], asker: Asker
    ) -> list[ItemOutcome]:
        batch = UploadBatch(journal_id=journal_id, items=[one.item for one in items])
        for attempt in range(_TRIES):
            result = await self.transactions.upload(batch, asker, keep_later=True)
            if all(outcome.status != ItemStatus.RETRY for outcome in result.outcomes):
                return list(result.outcomes)
            await asyncio.sleep(0.1 * attempt)
        raise ImportRefusedError("the store is too busy; run the import again")

    async def _check_coverage(self, export: Export) -> None:
        """See that every number of the journal is here: from before, or in this export.

        What an earlier journal of the kiosk lost can't be had any more; its end was told by the
        epoch that began then.
        """
        head = export.manifest.head
        here = {item.sequence for item in export.items}
        after, last_hash = 0, None
        while True:
            page = await self.journals.entries(
                head.journal_id, head.kiosk_id, after=after, limit=_PAGE
            )
            here.update(entry.sequence for entry in page.entries)
            last_hash = next(
                (e.hash for e in page.entries if e.sequence == head.sequence), last_hash
            )
            if not page.more:
                break
            after = page.entries[-1].sequence
        numbers = range(head.first_sequence, head.sequence + 1)
        missing = [number for number in numbers if number not in here]
        if missing:
            raise ImportRefusedError(
                f"{len(missing)} transactions are neither here nor in the export, the first is "
                f"#{missing[0]}: compare the journal with `kiosk-agent journal verify`"
            )
        if last_hash not in (None, head.hash):
            raise ImportRefusedError(
                f"the journal's newest transaction, #{head.sequence}, is another one here"
            )


def set_hash(items: Sequence[ExportItem]) -> str:
    """Return the SHA-256 over sequence, txn_id and content of all items, a line each."""
    digest = hashlib.sha256()
    for one in items:
        text = json.dumps(one.item, sort_keys=True, separators=(",", ":"))
        content = hashlib.sha256(text.encode()).hexdigest()
        digest.update(f"{one.sequence} {one.txn_id} {content}\n".encode())
    return digest.hexdigest()
