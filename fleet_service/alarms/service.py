"""Alarms listed, acknowledged and silenced by operators."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from cloud_store.port import Store
from cloud_store.retrying import with_fresh_reads
from cloud_store.workspace import Workspace
from fleet_service.alarms.reading import all_alarms, all_silences
from fleet_service.alarms.records import (
    NOW,
    PAST,
    SILENCES,
    AlarmRecord,
    SilenceRecord,
    scopes_of,
    venue_scope,
)
from fleet_service.clock import Clock
from fleet_service.instances.records import WATCH, WatchRecord
from fleet_service.shared import MadeTogether
from fleet_service.venues.records import VenueRecord
from fleet_service.venues.refusing import venue_unknown
from kiosk_contracts.alarms import (
    AcknowledgeAlarm,
    Alarm,
    AlarmPage,
    SetSilence,
    Silence,
    SilenceList,
)
from kiosk_contracts.problem import ProblemCode, ProblemError

log = structlog.get_logger()

MOST_LISTED: Final = 100
REMEMBERED_S: Final = 1.0
"""However many look at pages of them, the alarms are read no oftener."""
LONGEST_SILENCE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WantedAlarms:
    """Which alarms are asked for. Empty: any."""

    venue_id: str = ""
    causes: frozenset[str] = frozenset()
    silenced: bool | None = None
    acknowledged: bool | None = None

    def fits(self, one: Alarm) -> bool:
        """Say whether an alarm is asked for."""
        return (
            (not self.venue_id or one.venue_id == self.venue_id)
            and (not self.causes or one.cause in self.causes)
            and self.silenced in {None, one.silence is not None}
            and self.acknowledged in {None, one.acknowledged_at is not None}
        )


class Alarms:
    """What people are called for."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lately = MadeTogether(clock, self.open_now, for_s=REMEMBERED_S)

    async def open_now(self) -> list[Alarm]:
        """Return all that are open now, by id. Raises StoreError."""
        alarms, silences = await all_alarms(self._store), await all_silences(self._store)
        watch = await Workspace(self._store).fetch(WatchRecord, WATCH)
        now = self._clock.now()
        judged_at = now if watch is None or watch.judged_at is None else watch.judged_at
        return [
            told_alarm(alarm_id, one, judged_at, _in_force(silences, alarm_id, one, now))
            for alarm_id, one in sorted(alarms.items())
            if one.opened_at is not None
        ]

    async def open_lately(self) -> list[Alarm]:
        """Return all that were open at most a second ago; what was done here since is in it."""
        return await self._lately.get()

    async def page(self, wanted: WantedAlarms, after: str, limit: int) -> AlarmPage:
        """Return up to `limit` open alarms above `after`, by id. Raises StoreError."""
        fitting = [
            one for one in await self.open_lately() if one.alarm_id > after and wanted.fits(one)
        ]
        more = len(fitting) > limit
        shown = tuple(fitting[:limit])
        return AlarmPage(alarms=shown, next_after=shown[-1].alarm_id if more else None)

    async def past(self, after: str, limit: int) -> AlarmPage:
        """Return up to `limit` closed alarms behind `after`, the newest first."""
        items = await self._store.query(AlarmRecord.store_kind, PAST, after=after, limit=limit)
        alarms = []
        for item in items:
            one = AlarmRecord.model_validate(item.body)
            alarm_id = item.key.sk.split(" ", 1)[-1]
            alarms.append(told_alarm(alarm_id, one, one.gone_since or one.seen_since, None))
        last = items[-1].key.sk if len(items) == limit else None
        return AlarmPage(alarms=tuple(alarms), next_after=last)

    async def acknowledge(self, alarm_id: str, order: AcknowledgeAlarm, by: str) -> Alarm:
        """Say that somebody sees to an alarm. Raises ProblemError 404 `alarm_unknown`."""

        async def work(workspace: Workspace) -> None:
            known = await workspace.fetch(AlarmRecord, NOW, alarm_id)
            if known is None or known.opened_at is None:
                raise _unknown(alarm_id)
            told = {
                "acknowledged_at": self._clock.now(),
                "acknowledged_by": by,
                "note": order.note,
            }
            workspace.put(known.model_copy(update=told), NOW, alarm_id)
            await workspace.commit()

        await self._change(work)
        log.info("alarm_acknowledged", alarm_id=alarm_id, by=by)
        return await self._one(alarm_id)

    async def silence(self, alarm_id: str, order: SetSilence, by: str) -> Silence:
        """Call nobody for an alarm that is open until then.

        Raises ProblemError 404 `alarm_unknown`, and 422 `silence_refused`.
        """
        await self._one(alarm_id)
        return await self._silence(alarm_id, order, by)

    async def silence_venue(self, venue_id: str, order: SetSilence, by: str) -> Silence:
        """Call nobody for anything of a venue until then: e.g. it is being rebuilt.

        Raises ProblemError 404 `venue_unknown`, and 422 `silence_refused`.
        """
        if await Workspace(self._store).fetch(VenueRecord, venue_id) is None:
            raise venue_unknown(venue_id)
        return await self._silence(venue_scope(venue_id), order, by)

    async def silences(self) -> SilenceList:
        """Return all that are in force."""
        now = self._clock.now()
        found = sorted((await all_silences(self._store)).items())
        return SilenceList(
            silences=tuple(_told_silence(scope, one) for scope, one in found if one.until > now)
        )

    async def end_silence(self, scope: str) -> None:
        """Call people again; idempotent."""

        async def work(workspace: Workspace) -> None:
            if await workspace.fetch(SilenceRecord, SILENCES, scope) is not None:
                workspace.delete(SilenceRecord, SILENCES, scope)
                await workspace.commit()

        await self._change(work)
        log.info("silence_ended", scope=scope)

    async def _silence(self, scope: str, order: SetSilence, by: str) -> Silence:
        now = self._clock.now()
        if not now < order.until <= now + LONGEST_SILENCE:
            raise ProblemError(
                422,
                ProblemCode.SILENCE_REFUSED,
                "So long nobody may be kept from being called",
                detail=f"until: it is a time within the next {LONGEST_SILENCE.days} days.",
                hint="Give an end within them; it may be set again then.",
            )
        silence = SilenceRecord(until=order.until, reason=order.reason, by=by, made_at=now)

        async def work(workspace: Workspace) -> None:
            await workspace.fetch(SilenceRecord, SILENCES, scope)
            workspace.put(silence, SILENCES, scope)
            await workspace.commit()

        await self._change(work)
        log.info("silenced", scope=scope, until=order.until.isoformat(), by=by)
        return _told_silence(scope, silence)

    async def _change(self, work: Callable[[Workspace], Awaitable[None]]) -> None:
        try:
            await with_fresh_reads(self._store, work)
        finally:
            # Also where nobody knows whether it happened.
            self._lately.forget()

    async def _one(self, alarm_id: str) -> Alarm:
        found = [one for one in await self.open_now() if one.alarm_id == alarm_id]
        if not found:
            raise _unknown(alarm_id)
        return found[0]


def told_alarm(
    alarm_id: str, one: AlarmRecord, judged_at: datetime, silence: Silence | None
) -> Alarm:
    """Return an alarm as it is told; `judged_at`: when the last round was."""
    return Alarm(
        alarm_id=alarm_id,
        venue_id=one.venue_id,
        kiosk_id=one.kiosk_id,
        cause=one.cause,
        words=one.words,
        move_id=one.move_id,
        release=one.release,
        runbook=f"docs/runbooks/{one.cause}.md",
        opened_at=one.opened_at or one.seen_since,
        last_seen=max(one.gone_since or judged_at, one.opened_at or one.seen_since),
        gone_since=one.gone_since,
        returned=one.returned,
        closed_at=one.closed_at,
        acknowledged_at=one.acknowledged_at,
        acknowledged_by=one.acknowledged_by,
        note=one.note,
        silence=silence,
    )


def _in_force(
    silences: Mapping[str, SilenceRecord], alarm_id: str, one: AlarmRecord, now: datetime
) -> Silence | None:
    """Return the silence of an alarm that ends last."""
    return _last(
        _told_silence(scope, known)
        for scope in scopes_of(alarm_id, one.venue_id)
        if (known := silences.get(scope)) is not None and known.until > now
    )


def _last(silences: Iterable[Silence]) -> Silence | None:
    return max(silences, key=lambda one: one.until, default=None)


def _told_silence(scope: str, one: SilenceRecord) -> Silence:
    return Silence(scope=scope, until=one.until, reason=one.reason, by=one.by, made_at=one.made_at)


def _unknown(alarm_id: str) -> ProblemError:
    return ProblemError(
        404,
        ProblemCode.ALARM_UNKNOWN,
        "There is no such alarm",
        detail=f"No alarm {alarm_id} is open.",
        hint="It may have closed meanwhile. List them: GET /v1/alarms.",
    )
