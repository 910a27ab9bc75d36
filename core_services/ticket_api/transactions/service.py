"""Batches of transactions: read, judged, committed, answered item by item."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID
from weakref import WeakValueDictionary

import structlog

from cloud_store.port import ConditionFailedError, Store
from cloud_store.retrying import ATTEMPTS, pause
from cloud_store.workspace import Draft, Workspace, key_of
from core_services.ticket_api.clock import Clock
from core_services.ticket_api.journals.service import JournalService
from core_services.ticket_api.records import (
    JournalRecord,
    KioskRecord,
    RawRecord,
    TransactionRecord,
)
from core_services.ticket_api.transactions.applying import apply
from core_services.ticket_api.transactions.domain.decision import (
    Again,
    Asker,
    Decision,
    Later,
    Refuse,
    Rules,
    Settle,
)
from core_services.ticket_api.transactions.domain.judge import judge, unreadable
from core_services.ticket_api.transactions.knowing import known_of, load
from core_services.ticket_api.transactions.reading import BatchItem, read_item
from core_services.ticket_api.transactions.recording import (
    Arrival,
    record_again,
    record_raw,
    record_transaction,
)
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.uploads import ItemOutcome, ItemStatus, UploadBatch, UploadResult

_STEP_WRITES: Final = 80
"""A transaction that changes more is written in steps of about so many."""
_BUSY_RETRY_AFTER_S: Final = 2
_LONGEST_TURN_S: Final = 5.0
"""So long a batch waits for others of its venue: a batch takes a tenth of a second, and the fleet
service, which waits for the answer, 25 s. One that stalls holds up no connections but these."""
_log = structlog.get_logger(__name__)

Observe = Callable[[ItemOutcome], None]
"""Told of every outcome, for metrics."""


class TransactionService:
    """Settles what kiosks send."""

    def __init__(
        self, store: Store, journals: JournalService, rules: Rules, clock: Clock, observe: Observe
    ) -> None:
        self._store = store
        self._journals = journals
        self._rules = rules
        self._clock = clock
        self._observe = observe
        self._venues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Who tells the gates of a venue; a venue is forgotten when nobody does."""

    async def upload(
        self, batch: UploadBatch, asker: Asker, *, keep_later: bool = False
    ) -> UploadResult:
        """Judge a batch, item by item, in order; return an outcome for each.

        Idempotent: a settled item gets its first answer again. With `keep_later`, what can't be
        told yet is kept as it came, for it may not come again. Raises ProblemError 403 for the
        journal of another kiosk, and StoreError (items may have settled).
        """
        await self._journals.bind(batch.journal_id, asker.kiosk_id)
        run = _BatchRun(
            self._store,
            batch.journal_id,
            asker,
            self._rules,
            self._clock.now(),
            keep_later=keep_later,
        )
        items = [read_item(raw) for raw in batch.items]
        if any(item.tells_gates() for item in items):
            outcomes = await self._in_turn(asker.venue_id, run, items)
        else:
            outcomes = await run.run(items)
        for outcome in outcomes:
            self._observe(outcome)
        return UploadResult(journal_id=batch.journal_id, outcomes=tuple(outcomes))

    async def _in_turn(
        self, venue_id: str, run: "_BatchRun", items: list[BatchItem]
    ) -> list[ItemOutcome]:
        """Run a batch that tells a venue's gates after those that came before; or it is busy.

        They share the last cursor of the venue's feed: each would start over for the others.
        """
        turn = self._venues.setdefault(venue_id, asyncio.Lock())
        try:
            async with asyncio.timeout(_LONGEST_TURN_S):
                await turn.acquire()
        except TimeoutError:
            _log.warning("batch_not_begun", venue_id=venue_id, waited_s=_LONGEST_TURN_S)
            return [_busy(item) for item in items]
        try:
            return await run.run(items)
        finally:
            turn.release()


class _BatchRun:
    """One batch on its way: what is written, what is being written, and what is judged so far.

    While the store writes one part, the next is judged as if that had been written. Nothing is
    done before it is: if a part was not written, what was judged after it starts over with it.
    """

    def __init__(  # noqa: PLR0913  what a batch is judged by
        self,
        store: Store,
        journal_id: UUID,
        asker: Asker,
        rules: Rules,
        now: datetime,
        *,
        keep_later: bool,
    ) -> None:
        self._keep_later = keep_later
        self._workspace = Workspace(store)
        self._journal_id = journal_id
        self._asker = asker
        self._rules = rules
        self._now = now
        self._done: list[ItemOutcome] = []
        self._begun: list[ItemOutcome] = []
        self._judged: list[ItemOutcome] = []

    async def run(self, items: list[BatchItem]) -> list[ItemOutcome]:
        """Return the outcomes; where others are always first, of the rest that it is busy."""
        attempt = 0
        while len(self._done) < len(items) and attempt < ATTEMPTS:
            try:
                await self._advance(items[len(self._done) :], one_by_one=attempt > 1)
            except ConditionFailedError as error:
                _log.info("batch_started_over", key=error.key.kind, attempt=attempt)
                attempt += 1
                self._workspace.forget()
                self._begun.clear()
                self._judged.clear()
                await pause(attempt)
        return self._done + [_busy(item) for item in items[len(self._done) :]]

    async def _advance(self, items: list[BatchItem], *, one_by_one: bool) -> None:
        owner = key_of(KioskRecord, self._asker.kiosk_id)
        await self._workspace.load([key_of(JournalRecord, self._journal_id), owner])
        await load(self._workspace, items, self._asker.venue_id)
        for item in items:
            draft = self._workspace.draft()
            outcome = await self._settle(draft, item)
            if not self._workspace.has_room_for(draft):
                await self._begin_commit()
            self._workspace.absorb(draft)
            self._judged.append(outcome)
            if one_by_one:
                await self._begin_commit()
        await self._begin_commit()
        await self._finish_commit()

    async def _begin_commit(self) -> None:
        await self._finish_commit()
        self._begun, self._judged = self._judged, []
        await self._workspace.begin_commit()

    async def _finish_commit(self) -> None:
        await self._workspace.finish_commit()
        self._done += self._begun
        self._begun = []

    async def _settle(self, draft: Draft, item: BatchItem) -> ItemOutcome:
        decision = self._decide(item)
        if isinstance(decision, Settle):
            decision = await self._apply(draft, decision)
        if isinstance(decision, Later) and self._keep_later:
            decision = Refuse(decision.code, decision.detail, decision.hint, keep_raw=True)
        match decision:
            case Again(first=first):
                record_again(draft, first, _id_of(item))
                return _settled(first, _id_of(item), replayed=True)
            case Later():
                return _later(decision, item.txn_id())
            case Refuse(keep_raw=True):
                await self._workspace.load([key_of(RawRecord, self._journal_id, item.digest())])
                record_raw(draft, item, decision, self._arrival())
                return _quarantined(decision, item.txn_id())
            case Settle() | Refuse():
                return self._record(draft, item, decision)

    def _record(self, draft: Draft, item: BatchItem, decision: Settle | Refuse) -> ItemOutcome:
        if item.transaction is None:
            raise LookupError("an item that cannot be read is kept raw")
        record = record_transaction(draft, item.transaction, decision, self._arrival())
        if isinstance(decision, Refuse):
            return _quarantined(decision, item.txn_id())
        return _settled(record, _id_of(item), replayed=False)

    def _decide(self, item: BatchItem) -> Decision:
        if item.transaction is None:
            return unreadable(item.fault, keep_raw=True)
        if item.transaction.envelope.journal_id != self._journal_id:
            return Refuse(
                ProblemCode.JOURNAL_OF_ANOTHER_KIOSK,
                "its envelope names another journal than the batch",
                "Send each journal's transactions in batches of their own.",
                keep_raw=True,
            )
        known = known_of(self._workspace, item, self._asker, self._rules, self._now)
        return judge(item.transaction, known, item.payload)

    def _arrival(self) -> Arrival:
        return Arrival(self._journal_id, self._asker, self._now)

    async def _apply(self, draft: Draft, decision: Settle) -> Settle | Refuse:
        """Write the effects; in steps of their own if they are too many for one commit.

        Each step is true by itself (its serials have changed hands for this transaction), and is
        left out when the transaction comes again after a crash in between.
        """
        for group in decision.effects:
            apply(draft, group, self._asker.kiosk_id)
            if len(draft.changes) <= _STEP_WRITES:
                continue
            if decision.all_together:
                draft.changes.clear()
                return Refuse(
                    ProblemCode.QUANTITY_INVALID,
                    "it changes more tickets than can be changed together",
                    "Give the tickets back in smaller parts.",
                )
            await self._begin_commit()
            await self._finish_commit()
            self._workspace.absorb(draft)
            await self._workspace.commit()
        return decision


def _settled(record: TransactionRecord, txn_id: UUID, *, replayed: bool) -> ItemOutcome:
    return ItemOutcome(
        txn_id=txn_id,
        status=ItemStatus.SETTLED,
        detail=record.detail,
        flags=record.flags,
        replayed=replayed,
        settled_at=record.settled_at,
    )


def _quarantined(refusal: Refuse, txn_id: UUID | None) -> ItemOutcome:
    return ItemOutcome(
        txn_id=txn_id,
        status=ItemStatus.QUARANTINED,
        code=refusal.code,
        detail=refusal.detail,
        hint=refusal.hint,
    )


def _later(later: Later, txn_id: UUID | None) -> ItemOutcome:
    return ItemOutcome(
        txn_id=txn_id,
        status=ItemStatus.RETRY,
        code=later.code,
        detail=later.detail,
        hint=later.hint,
        retry_after_s=later.retry_after_s,
    )


def _busy(item: BatchItem) -> ItemOutcome:
    detail = "others were changing the same places at the same time"
    hint = "It is sent again by itself."
    later = Later(ProblemCode.UPSTREAM_BUSY, detail, hint, _BUSY_RETRY_AFTER_S)
    return _later(later, item.txn_id())


def _id_of(item: BatchItem) -> UUID:
    if item.transaction is None:
        raise LookupError("an item that cannot be read has no id for certain")
    return item.transaction.envelope.txn_id
