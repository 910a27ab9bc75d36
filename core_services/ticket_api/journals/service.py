"""A journal belongs to the kiosk that first used it."""

from uuid import UUID

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from core_services.ticket_api.records import (
    DirectoryRecord,
    JournalRecord,
    KioskJournalRecord,
    KioskRecord,
    SequenceRecord,
    TransactionRecord,
)
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.transactions import FIRST_PREV_HASH
from kiosk_contracts.uploads import JournalHead
from kiosk_contracts.verifying import JournalEntries, JournalEntry

JOURNALS = "journals"
"""The partition of the directory that lists all journals."""


class JournalService:
    """Whose journals they are, and their heads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def bind(self, journal_id: UUID, kiosk_id: str, *, epoch: int = 0) -> None:
        """Make the journal the kiosk's if it is nobody's; idempotent.

        It takes `epoch` if the kiosk never had one as high; another journal of the kiosk may have
        been first. Raises ProblemError 403 `journal_of_another_kiosk`.
        """

        async def work(workspace: Workspace) -> None:
            journal = await workspace.fetch(JournalRecord, journal_id)
            _check_owner(journal, kiosk_id)
            if journal is None:
                await workspace.fetch(DirectoryRecord, JOURNALS, journal_id)
                await workspace.fetch(KioskJournalRecord, kiosk_id, journal_id)
                workspace.put(KioskJournalRecord(), kiosk_id, journal_id)
                workspace.put(JournalRecord(kiosk_id=kiosk_id, hash=FIRST_PREV_HASH), journal_id)
                workspace.put(DirectoryRecord(), JOURNALS, journal_id)
            if epoch:
                await _take_epoch(workspace, journal_id, epoch)
            await workspace.commit()

        await with_fresh_reads(self._store, work)

    async def owner(self, journal_id: UUID) -> str | None:
        """Return whose journal it is; None for one that nobody used."""
        journal = await Workspace(self._store).fetch(JournalRecord, journal_id)
        return None if journal is None else journal.kiosk_id

    async def head(self, journal_id: UUID, kiosk_id: str) -> JournalHead:
        """Return the highest sequence that is known; zeros for a journal that nobody used.

        Raises ProblemError 403 `journal_of_another_kiosk`.
        """
        workspace = Workspace(self._store)
        journal = await workspace.fetch(JournalRecord, journal_id)
        _check_owner(journal, kiosk_id)
        kiosk = await workspace.fetch(KioskRecord, kiosk_id)
        return JournalHead(
            journal_id=journal_id,
            epoch=journal.epoch if journal else 0,
            sequence=journal.sequence if journal else 0,
            hash=journal.hash if journal else FIRST_PREV_HASH,
            kiosk_epoch=kiosk.epoch if kiosk else 0,
        )

    async def entries(
        self, journal_id: UUID, kiosk_id: str, *, after: int, limit: int
    ) -> JournalEntries:
        """Return places of the journal above a sequence, in order; none for one nobody used.

        Raises ProblemError 403 `journal_of_another_kiosk`.
        """
        workspace = Workspace(self._store)
        _check_owner(await workspace.fetch(JournalRecord, journal_id), kiosk_id)
        items = await self._store.query(
            SequenceRecord.store_kind, str(journal_id), after=f"{after:012d}", limit=limit + 1
        )
        places = [(int(item.key.sk), SequenceRecord.model_validate(item.body)) for item in items]
        await workspace.load(key_of(TransactionRecord, place.txn_id) for _, place in places)
        return JournalEntries(
            journal_id=journal_id,
            entries=tuple(
                JournalEntry(
                    sequence=sequence,
                    txn_id=place.txn_id,
                    hash=place.hash,
                    status=_status(workspace.get(TransactionRecord, place.txn_id), journal_id),
                )
                for sequence, place in places[:limit]
            ),
            more=len(places) > limit,
        )


async def _take_epoch(workspace: Workspace, journal_id: UUID, epoch: int) -> None:
    journal = await workspace.fetch(JournalRecord, journal_id)
    if journal is None or journal.epoch >= epoch:
        return
    kiosk = await workspace.fetch(KioskRecord, journal.kiosk_id) or KioskRecord()
    if epoch > kiosk.epoch:
        workspace.put(journal.model_copy(update={"epoch": epoch}), journal_id)
        workspace.put(kiosk.model_copy(update={"epoch": epoch}), journal.kiosk_id)


def _status(transaction: TransactionRecord | None, journal_id: UUID) -> str:
    if transaction is None or transaction.journal_id != journal_id:
        return "kept"
    return transaction.status


def _check_owner(journal: JournalRecord | None, kiosk_id: str) -> None:
    if journal is not None and journal.kiosk_id != kiosk_id:
        raise ProblemError(
            403,
            ProblemCode.JOURNAL_OF_ANOTHER_KIOSK,
            "This journal belongs to another kiosk",
            detail="a journal belongs to the kiosk that first used it",
            hint="Ask the operators which kiosk this journal file came from.",
        )
