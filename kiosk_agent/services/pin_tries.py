"""The one count of wrong PINs at a kiosk: its real desk and its training share it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from kiosk_agent.domain import refusals_staff
from kiosk_agent.domain.wrong_pins import WrongPins, lock_left_s, with_one_more
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.journal import Journal, JournalReader

log = structlog.get_logger(__name__)
T = TypeVar("T")


class PinTries:
    """Lets one PIN at a time be judged, unless there were too many wrong ones."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        """Keep the count in the kiosk's own journal, whoever tries."""
        self._journal = journal
        self._clock = clock
        # One PIN at a time: tries made at once would all pass the lock before one was counted.
        self._one_try = asyncio.Lock()

    async def judge(self, find: Callable[[], Awaitable[T | None]]) -> T | None:
        """Return what `find` found for a PIN, None for a wrong one; ProblemError `pin_locked`."""
        async with self._one_try:
            before = await self._until_now()
            wait_s = lock_left_s(before, self._clock.now())
            if wait_s:
                raise refusals_staff.pin_locked(wait_s)
            # The try counts before it is judged, so that pulling the plug does not undo it.
            counted = with_one_more(before, self._clock.now())
            await self._keep(counted)
            found = await find()
            if found is None:
                log.warning("pin_refused", failures=counted.count)
            else:
                await self._keep(before)
            return found

    async def _until_now(self) -> WrongPins:
        """Return the count.

        A clock that was set back since would lock everybody out until it has caught up: so the
        lock counts from now on, once.
        """
        kept = await self._journal.read(_kept)
        now = self._clock.now()
        if kept.last_at is not None and kept.last_at > now:
            kept = WrongPins(kept.count, now)
            await self._keep(kept)
        return kept

    async def _keep(self, wrong: WrongPins) -> None:
        await self._journal.write(
            lambda writer: writer.put_pin_failures(wrong.count, wrong.last_at)
        )


def _kept(reader: JournalReader) -> WrongPins:
    return WrongPins(*reader.pin_failures())
