"""The update lock: who set it, until when and why; it ends by itself."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog

from kiosk_agent.domain import refusals_update_lock as refusals
from kiosk_agent.domain.leases import Moment
from kiosk_agent.domain.people import StaffMember
from kiosk_agent.domain.update_lock import KeptLock, begun, left, looked_at
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.journal import Journal
from kiosk_agent.ports.update_locks import UpdateLockStore
from kiosk_agent.services.changes import Changes
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.update_lock import COMMAND_LINE, SetUpdateLock, UpdateLock, UpdateLockState

log = structlog.get_logger(__name__)

MOST_S: Final = 12 * 3600.0
"""No lock lasts longer than that, whatever is set."""
LOOK_S: Final = 10.0
"""Whoever shows it learns so late at most that it ended, where a clock has jumped."""
NOTE_MS: Final = 300_000
"""So often what is left goes to the disk: a reboot can't add more than that."""


class UpdateLocks:
    """At most one is in force at a time; the last word counts."""

    def __init__(
        self, clock: Clock, changes: Changes, store: UpdateLockStore, most_s: float = MOST_S
    ) -> None:
        self._clock = clock
        self._changes = changes
        self._store = store
        self._most = timedelta(seconds=most_s)
        self._kept = store.load()
        self._saving = asyncio.Lock()
        self._there = asyncio.Event()

    def in_force(self) -> UpdateLock | None:
        """Return the lock that holds now; None if none does."""
        kept = self._kept
        holds = kept is not None and left(kept, self._moment()) > timedelta()
        return kept.lock if kept is not None and holds else None

    def check(self, wanted: SetUpdateLock) -> None:
        """Raise ProblemError `update_lock_past` or `update_lock_too_long`."""
        now = self._clock.now()
        if wanted.until <= now:
            raise refusals.update_lock_past(wanted.until, now)
        if wanted.until - now > self._most:
            raise refusals.update_lock_too_long(wanted.until, self._most)

    async def set(self, wanted: SetUpdateLock, by: StaffMember | None) -> UpdateLockState:
        """Set one in place of the one before; `by` None: on the command line.

        ProblemError as of `check`, or `storage_full`; then all is as it was.
        """
        self.check(wanted)
        lock = UpdateLock(
            until=wanted.until,
            why=wanted.why,
            by=by.name if by is not None else COMMAND_LINE,
            by_id=by.staff_id if by is not None else None,
        )
        async with self._saving:
            before = self.in_force()
            await self._keep(begun(lock, self._moment()))
        log.info("update_lock_set", **_told(lock))
        self._there.set()
        self._changes.notify()
        return UpdateLockState(update_lock=lock, before=before)

    async def lift(self, by: StaffMember | None) -> UpdateLockState:
        """Let an update come now; where none is in force nothing changes."""
        async with self._saving:
            before = self.in_force()
            if before is None:
                return UpdateLockState()
            await self._keep(None)
        who = by.staff_id if by is not None else COMMAND_LINE
        log.info("update_lock_lifted", lifted_by=who, **_told(before))
        self._changes.notify()
        return UpdateLockState(before=before)

    async def run(self, journal: Journal) -> None:
        """Take it over into this boot; look at it until it ends; for ever."""
        # A clock that is behind what was recorded is wrong.
        await self._look(await journal.read(lambda reader: reader.last_recorded_at()))
        while True:
            if self._kept is None:
                self._there.clear()
                await self._there.wait()
            await self._clock.sleep(min(LOOK_S, self._left_s()))
            await self._look()

    async def _look(self, last_recorded_at: datetime | None = None) -> None:
        """End a lock whose time is over; keep what is left of it now and then."""
        async with self._saving:
            kept, moment = self._kept, self._moment(last_recorded_at)
            if kept is None:
                return
            ended = left(kept, moment) <= timedelta()
            fresh = moment.boottime_ms - kept.looked_ms < NOTE_MS
            if not ended and kept.boot_id == moment.boot_id and fresh:
                return
            looked = None if ended else looked_at(kept, moment)
            try:
                await self._keep(looked)
            except ProblemError as error:
                # What was said counts all the same; the disk learns it when it can.
                log.warning("update_lock_not_kept", detail=str(error))
                self._kept = looked
        if ended:
            log.info("update_lock_ended", **_told(kept.lock))
            self._changes.notify()

    def _left_s(self) -> float:
        kept = self._kept
        # Never nought: a lock that was set while this looked is looked at soon.
        return max(0.05, left(kept, self._moment()).total_seconds()) if kept is not None else 0.05

    async def _keep(self, kept: KeptLock | None) -> None:
        await asyncio.to_thread(self._store.save, kept)
        self._kept = kept

    def _moment(self, last_recorded_at: datetime | None = None) -> Moment:
        clock = self._clock
        return Moment(clock.now(), clock.boottime_ms(), clock.boot_id(), last_recorded_at)


def _told(lock: UpdateLock) -> dict[str, str]:
    return {"by": lock.by_id or lock.by, "until": str(lock.until), "why": lock.why}
