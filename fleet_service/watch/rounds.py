"""A round: alarms and histories by what may be said of all kiosks now."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, TypeVar

import structlog

from cloud_store.port import MAX_WRITES, ConditionFailedError, Store, StoreError, TooLargeError
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace, key_of
from fleet_service.alarms.causes import Troubles, troubles
from fleet_service.alarms.course import Course, courses
from fleet_service.alarms.reading import all_alarms, all_silences
from fleet_service.alarms.records import (
    NOW,
    PAST,
    PAST_KEPT,
    SILENCES,
    AlarmRecord,
    SilenceRecord,
    past_key,
)
from fleet_service.beside import beside
from fleet_service.clock import Clock
from fleet_service.instances.history import HistoryRecord
from fleet_service.instances.records import WATCH, WatchRecord
from fleet_service.instances.service import Instances
from fleet_service.instances.snapshot import JudgedKiosk, Snapshot
from fleet_service.instances.views import REPORT_SPEAKS
from fleet_service.leases.ports import Lease, LeaseLostError
from fleet_service.releases.domain.halting import CalledAfter

log = structlog.get_logger()

_T = TypeVar("_T")
_CHUNK: Final = (MAX_WRITES - 1) // 2
"""Alarms of one commit: one that closes is two writes."""


class Watch:
    """Only who holds the lease writes, and what it learnt before another did is refused."""

    def __init__(  # noqa: PLR0913  what a round reads, and what its judgement rests on
        self,
        store: Store,
        clock: Clock,
        instances: Instances,
        lease: Lease,
        judged: Callable[[int, Snapshot], None] = lambda _term, _snapshot: None,
        *,
        called_after: CalledAfter | None = None,
    ) -> None:
        """`judged`: told of each round's view of all kiosks, and of which term it is.

        `called_after`: how long moves may do nothing.
        """
        self._called_after = called_after or CalledAfter()
        self._store = store
        self._clock = clock
        self._instances = instances
        self._lease = lease
        self._judged = judged
        self._told: dict[str, tuple[object, ...]] = {}
        """What the history of each kiosk has, as far as this task knows; of one term."""
        self._term: int | None = None

    @asynccontextmanager
    async def working(self, every_s: float) -> AsyncIterator[None]:
        """Make a round every `every_s` seconds or so until the block ends."""
        async with beside(self._work(every_s), "watch"):
            yield

    async def round(self, term: int) -> None:
        """Judge all kiosks once. Raises LeaseLostError, StoreError and ConditionFailedError."""
        if term != self._term:
            self._told, self._term = {}, term
        await self._say_that_we_listen(term)
        snapshot = await self._instances.snapshot(older_s=0)
        seen = await asyncio.to_thread(troubles, snapshot, self._called_after)
        await self._keep_alarms(term, seen, snapshot.at)
        # Who listens hears of this round, whatever becomes of anybody's history.
        self._judged(term, snapshot)
        await self._keep_histories(term, snapshot)
        await self._say_that_all_are_judged(term, snapshot.at)

    async def _work(self, every_s: float) -> None:
        while True:
            term = await self._lease.until_held()
            try:
                await self.round(term)
            except LeaseLostError:
                log.info("watch_given_up", term=term)
            except (StoreError, ConditionFailedError) as error:
                log.warning("watch_not_kept", reason=str(error))
            except Exception:
                # One kiosk that can't be judged must not end the watch of all others unheard.
                log.exception("watch_failed")
            await asyncio.sleep(every_s * random.uniform(0.8, 1.2))  # noqa: S311  spreading

    async def _say_that_we_listen(self, term: int) -> None:
        now = self._clock.now()

        async def work(workspace: Workspace) -> None:
            known = await workspace.fetch(WatchRecord, WATCH)
            gapless = known is not None and now - known.looked_at < REPORT_SPEAKS
            since = known.since if known is not None and gapless else now
            judged_at = None if known is None else known.judged_at
            listening = WatchRecord(looked_at=now, since=since, judged_at=judged_at)
            workspace.put(listening, WATCH)
            await self._commit(workspace, term)

        await with_fresh_reads(self._store, work)

    async def _say_that_all_are_judged(self, term: int, at: datetime) -> None:
        """Keep that a round came to its end: one that begins only says that somebody listens."""

        async def work(workspace: Workspace) -> None:
            known = await workspace.fetch(WatchRecord, WATCH)
            if known is not None:
                workspace.put(known.model_copy(update={"judged_at": at}), WATCH)
                await self._commit(workspace, term)

        await with_fresh_reads(self._store, work)

    async def _keep_alarms(self, term: int, seen: Troubles, now: datetime) -> None:
        known = await all_alarms(self._store)
        changed = [one.alarm_id for one in courses(known, seen, now)]
        for some in _chunks(changed, _CHUNK):
            for course in await self._keep_some_alarms(term, seen, now, some):
                _say(known.get(course.alarm_id), course)
        await self._forget_silences(term, now)
        await self._forget_past(term, now)

    async def _keep_some_alarms(
        self, term: int, seen: Troubles, now: datetime, alarm_ids: Sequence[str]
    ) -> list[Course]:
        async def work(workspace: Workspace) -> list[Course]:
            await workspace.load(key_of(AlarmRecord, NOW, one) for one in alarm_ids)
            # On what is there now: an operator may have acknowledged one meanwhile.
            found = {
                one: alarm
                for one in alarm_ids
                if (alarm := workspace.get(AlarmRecord, NOW, one)) is not None
            }
            changes = [one for one in courses(found, seen, now) if one.alarm_id in alarm_ids]
            for change in changes:
                if change.now is not None:
                    workspace.put(change.now, NOW, change.alarm_id)
                else:
                    workspace.delete(AlarmRecord, NOW, change.alarm_id)
                if change.closed is not None:
                    key = past_key(now, change.alarm_id)
                    await workspace.load([key_of(AlarmRecord, PAST, key)])
                    workspace.put(change.closed, PAST, key)
            await self._commit(workspace, term)
            return changes

        return await with_fresh_reads(self._store, work)

    async def _forget_silences(self, term: int, now: datetime) -> None:
        over = [
            scope for scope, one in (await all_silences(self._store)).items() if one.until <= now
        ]
        for some in _chunks(over, _CHUNK):
            workspace = Workspace(self._store)
            await workspace.load(key_of(SilenceRecord, SILENCES, scope) for scope in some)
            for scope in some:
                known = workspace.get(SilenceRecord, SILENCES, scope)
                if known is not None and known.until <= now:
                    workspace.delete(SilenceRecord, SILENCES, scope)
            await self._commit(workspace, term)

    async def _forget_past(self, term: int, now: datetime) -> None:
        """Forget the oldest closed alarms, some in each round."""
        oldest = past_key(now - PAST_KEPT, "")
        items = await self._store.query(
            AlarmRecord.store_kind, PAST, after=oldest, limit=MAX_WRITES - 1
        )
        if not items:
            return
        workspace = Workspace(self._store)
        await workspace.load(item.key for item in items)
        for item in items:
            workspace.delete(AlarmRecord, PAST, item.key.sk)
        await self._commit(workspace, term)

    async def _keep_histories(self, term: int, snapshot: Snapshot) -> None:
        news = {
            one.kiosk.kiosk_id: one
            for one in snapshot.kiosks
            if self._told.get(one.kiosk.kiosk_id) != _told(one)
        }
        for some in _chunks([*news], MAX_WRITES - 1):
            await self._keep_some_histories(term, {one: news[one] for one in some}, snapshot.at)

    async def _keep_some_histories(
        self, term: int, news: Mapping[str, JudgedKiosk], at: datetime
    ) -> None:
        async def work(workspace: Workspace) -> None:
            await workspace.load(key_of(HistoryRecord, kiosk_id) for kiosk_id in news)
            for kiosk_id, one in news.items():
                before = workspace.get(HistoryRecord, kiosk_id)
                after = (before or HistoryRecord()).after(one, at)
                if after != before:
                    workspace.put(after, kiosk_id)
            await self._commit(workspace, term)

        try:
            await with_fresh_reads(self._store, work)
        except TooLargeError:
            # A commit of long histories: each by itself fits, whatever the kiosks say.
            if len(news) == 1:
                raise
            for some in _chunks([*news], (len(news) + 1) // 2):
                await self._keep_some_histories(term, {one: news[one] for one in some}, at)
        self._told |= {kiosk_id: _told(one) for kiosk_id, one in news.items()}

    async def _commit(self, workspace: Workspace, term: int) -> None:
        await self._lease.fence(workspace, term)
        await workspace.commit()


def _told(one: JudgedKiosk) -> tuple[object, ...]:
    report = one.kiosk.views.report
    return one.assessment.state, None if report is None else report.was_offline_until


def _say(before: AlarmRecord | None, course: Course) -> None:
    """Tell the log when people are to be called, and when no more."""
    was_open = before is not None and before.opened_at is not None
    if course.closed is not None:
        log.info("alarm_closed", alarm_id=course.alarm_id)
        was_open = False
    if course.now is not None and course.now.opened_at is not None and not was_open:
        log.warning("alarm_opened", alarm_id=course.alarm_id, words=course.now.words)


def _chunks(items: Sequence[_T], size: int) -> list[Sequence[_T]]:
    return [items[first : first + size] for first in range(0, len(items), size)]
