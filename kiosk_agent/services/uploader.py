"""Sends the journal in order, one batch at a time, until the ticket API has it for good.

What is not answered is queued again and sent again with the same txn_id: the ticket API counts it
once. So a kill at any moment strands and doubles nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from pydantic import JsonValue

from kiosk_agent.domain.uploading import (
    BatchSize,
    NotJudged,
    Park,
    Quarantine,
    SentItem,
    Settle,
    Step,
    TryAgain,
    as_text,
    is_about_the_items,
    is_unreadable,
    misfit,
    plan_outcomes,
    refused_alone,
)
from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.ports.journal import JournalWriter, Outgoing
from kiosk_agent.services.retrying import TryLaterError
from kiosk_agent.services.sides import Here, There
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.uploads import MAX_BATCH_BYTES, ItemOutcome, ItemStatus

log = structlog.get_logger(__name__)

ANSWERED: Final = "answered"
_ENVELOPE_BYTES: Final = 64 * 1024
"""Room in a batch for what is not items."""
_TOGETHER: Final = 20
"""Rows that are marked in one transaction, when they are taken and when they are judged."""
_HALVES: Final = frozenset({ProblemCode.LINE_TIMEOUT, ProblemCode.BODY_TOO_LARGE})


@dataclass(frozen=True, slots=True)
class UploadRules:
    """How large a batch gets, and how long an item may hold up the others."""

    batch_max: int
    park_after: timedelta
    parked_again_s: float
    """How often what is parked tries again by itself."""


class Uploader:
    """The only one that moves transactions from QUEUED on."""

    def __init__(self, here: Here, there: There, rules: UploadRules) -> None:
        self._here = here
        self._there = there
        self._rules = rules
        self._size = BatchSize(rules.batch_max, rules.batch_max)
        self._from_park: set[int] = set()

    async def run(self) -> None:
        """Send whatever is queued, for ever. What an earlier run left half sent is queued again."""
        await self._requeue_left()
        try:
            while True:
                seen = self._here.changes.version
                if not await self._there.retrier.until_answered(self._send_next, name="upload"):
                    await self._here.changes.beyond(seen)
        except asyncio.CancelledError:
            # The stop may have come while a batch was being taken, or its answer marked.
            await asyncio.shield(self._requeue_left())
            raise

    async def _requeue_left(self) -> None:
        left = await self._here.journal.write(lambda writer: writer.requeue_all_uploading())
        if left:
            log.info("uploads_requeued", transactions=left)

    async def retry_parked(self) -> None:
        """Let parked transactions try again now and then, for ever."""
        while True:
            await self._here.clock.sleep(self._rules.parked_again_s)
            again = await self._here.journal.write(lambda writer: writer.requeue_parked())
            if again:
                self._from_park.update(again)
                log.info("parked_requeued", transactions=len(again))
                self._here.changes.notify()

    async def _send_next(self) -> bool:
        """Send one batch; say whether there was anything to send. Raises FleetError to wait."""
        # While the line is down one transaction is enough to ask whether it is back.
        limit = 1 if self._there.line.is_offline() else self._size.limit
        rows = await self._take(limit)
        if not rows:
            return False
        started = self._here.clock.now()
        try:
            outcomes = await self._upload(rows)
        except FleetError as error:
            await self._not_answered(rows, started, error)
        except asyncio.CancelledError:
            # A stop gives the batch back; the far side may have it, and will know it by txn_id.
            await asyncio.shield(self._give_back(rows, started, ProblemCode.AGENT_STOPPING, ""))
            raise
        else:
            await self._answered(rows, started, outcomes)
        return True

    async def _take(self, limit: int) -> Sequence[Outgoing]:
        """Mark the next batch UPLOADING, part by part: a sale waits for one part, not for all."""
        rows: list[Outgoing] = []
        bytes_left = MAX_BATCH_BYTES - _ENVELOPE_BYTES
        while wanted := min(limit - len(rows), _TOGETHER):
            begin = partial(_begin, limit=wanted, max_bytes=bytes_left, after=rows[-1:])
            part = await self._here.journal.write(begin)
            rows += part
            bytes_left -= sum(row.bytes for row in part)
            if len(part) < wanted:
                break
        return rows

    async def _upload(self, rows: Sequence[Outgoing]) -> Sequence[ItemOutcome]:
        """Return the far side's outcomes, one for each row; FleetError.

        What it can't read even alone goes once more as text, so that it is kept there, too.
        """
        journal_id = rows[0].journal_id
        try:
            return await self._send(journal_id, [row.item for row in rows])
        except FleetError as error:
            blamed = is_about_the_items(error.status, error.code) and is_unreadable(error.status)
            text = as_text(rows[0].item) if blamed and len(rows) == 1 else None
            if text is None:
                raise
            return await self._send(journal_id, [text])

    async def _send(self, journal_id: UUID, items: Sequence[JsonValue]) -> Sequence[ItemOutcome]:
        outcomes = await self._there.fleet.upload(journal_id, items)
        why = misfit(items, outcomes)
        if why is not None:
            raise FleetError(ProblemCode.UPSTREAM_GARBAGE, why, retryable=True)
        return outcomes

    async def _answered(
        self,
        rows: Sequence[Outgoing],
        started: datetime,
        outcomes: Sequence[ItemOutcome],
        result: str = ANSWERED,
    ) -> None:
        now = self._here.clock.now()
        items = [self._sent(row) for row in rows]
        steps = plan_outcomes(items, outcomes, now, self._rules.park_after)

        # Part by part, as they were taken. What a kill leaves unmarked is sent again, and is known
        # there.
        *parts, last = [steps[n : n + _TOGETHER] for n in range(0, len(steps), _TOGETHER)]
        for part in parts:
            await self._here.journal.write(partial(_execute_all, steps=part, now=now))

        def finish(writer: JournalWriter) -> None:
            _execute_all(writer, last, now)
            self._note(writer, rows, started, result, "")

        await self._here.journal.write(finish)
        self._from_park.difference_update(
            step.sequence for step in steps if not isinstance(step, TryAgain | NotJudged)
        )
        self._here.changes.notify()
        _log_steps(steps)
        stopped_by = next((step for step in steps if isinstance(step, TryAgain)), None)
        if stopped_by is None:
            self._size = self._size.grown()
            return
        # What holds up the others is asked again alone, so that they are not sent in vain.
        self._size = BatchSize(1, self._size.maximum)
        outcome = stopped_by.outcome
        if outcome.retry_after_s is not None or steps[0] is stopped_by:
            raise TryLaterError(outcome.code, outcome.detail, outcome.retry_after_s)

    def _sent(self, row: Outgoing) -> SentItem:
        was_parked = row.sequence in self._from_park
        return SentItem(row.sequence, row.first_refused_at, was_parked=was_parked)

    async def _not_answered(
        self, rows: Sequence[Outgoing], started: datetime, error: FleetError
    ) -> None:
        """Give the batch back; raise `error`, unless a smaller batch can be tried at once."""
        blames_items = is_about_the_items(error.status, error.code)
        not_understood = error.code == ProblemCode.UPSTREAM_GARBAGE and not error.line_down
        if blames_items and len(rows) == 1:
            await self._quarantine(rows[0], started, error)
            return
        if not_understood and len(rows) == 1:
            # It may settle there again and again, and only its answer be unreadable: others pass.
            outcome = ItemOutcome(
                txn_id=None, status=ItemStatus.RETRY, code=error.code, detail=error.detail
            )
            await self._answered(rows, started, [outcome], error.code)
            return
        await self._give_back(rows, started, error.code, error.detail)
        if blames_items or not_understood or error.code in _HALVES:
            self._size = self._size.halved(len(rows))
        if not blames_items:
            raise error

    async def _quarantine(self, row: Outgoing, started: datetime, error: FleetError) -> None:
        outcome = refused_alone(error.code, error.detail)
        now = self._here.clock.now()

        def execute(writer: JournalWriter) -> None:
            writer.quarantine(row.sequence, outcome, now)
            self._note(writer, [row], started, error.code, error.detail)

        await self._here.journal.write(execute)
        self._here.changes.notify()
        _log_quarantine(row.sequence, outcome)

    async def _give_back(
        self, rows: Sequence[Outgoing], started: datetime, result: str, detail: str
    ) -> None:
        now = self._here.clock.now()
        sequences = [row.sequence for row in rows]

        def execute(writer: JournalWriter) -> None:
            writer.requeue(sequences, now)
            self._note(writer, rows, started, result, detail)

        await self._here.journal.write(execute)

    def _note(
        self,
        writer: JournalWriter,
        rows: Sequence[Outgoing],
        started: datetime,
        result: str,
        detail: str,
    ) -> None:
        writer.note_attempt(
            started_at=started,
            ended_at=self._here.clock.now(),
            first_sequence=rows[0].sequence,
            last_sequence=rows[-1].sequence,
            items=len(rows),
            result=result,
            detail=detail,
        )


def _execute_all(writer: JournalWriter, steps: Sequence[Step], now: datetime) -> None:
    for step in steps:
        _execute(writer, step, now)


def _begin(
    writer: JournalWriter, limit: int, max_bytes: int, after: Sequence[Outgoing]
) -> Sequence[Outgoing]:
    return writer.begin_upload(limit, max_bytes, after=after[0] if after else None)


def _execute(writer: JournalWriter, step: Step, now: datetime) -> None:
    match step:
        case Settle():
            writer.settle(step.sequence, step.outcome, now)
        case Quarantine():
            writer.quarantine(step.sequence, step.outcome, now)
        case Park():
            writer.park(step.sequence, step.outcome, now)
        case TryAgain():
            writer.requeue([step.sequence], now, step.outcome)
        case NotJudged():
            writer.requeue([step.sequence], now)


def _log_steps(steps: Sequence[Step]) -> None:
    settled = sum(isinstance(step, Settle) for step in steps)
    log.info("batch_answered", items=len(steps), settled=settled)
    for step in steps:
        match step:
            case Quarantine():
                _log_quarantine(step.sequence, step.outcome)
            case Park():
                log.warning("transaction_parked", sequence=step.sequence, code=step.outcome.code)
            case Settle() | TryAgain() | NotJudged():
                pass


def _log_quarantine(sequence: int, outcome: ItemOutcome) -> None:
    log.warning(
        "transaction_quarantined", sequence=sequence, code=outcome.code, detail=outcome.detail
    )
