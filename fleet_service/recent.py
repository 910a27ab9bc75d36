"""What was read of the store a moment ago, so that not every request reads it again."""

from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from cloud_store.port import StoreError
from fleet_service.clock import Clock
from fleet_service.remembered import MOST_RECALLED, RECALLED_S, Followed, Remembered

_T = TypeVar("_T")
OUTLASTS_S: Final = 1800.0
"""For so long what was read last counts where the store is away: nobody can be revoked there
meanwhile either, but by a task that has the store."""
FRESH_S: Final = 60.0
"""What is no older counts where the store has just failed another: who reports four times
a minute is among them. What is older counts only where its own read has failed: one read that was
throttled says nothing of what happened to somebody else half an hour long."""


class RecentReads(Generic[_T]):
    """Remembers what `read` returned, by key, as `Remembered` says."""

    def __init__(
        self,
        clock: Clock,
        read: Callable[[str], Awaitable[_T]],
        followed: Followed | None = None,
    ) -> None:
        """`followed`: where keys are kiosks; None: nobody hears of changes."""
        self._clock = clock
        self._read = read
        self._remembered: Remembered[_T] = Remembered(clock, followed)
        self._failed_at = float("-inf")
        """When a read of anything failed last."""
        self._own_failed_at: dict[str, float] = {}
        """The same, of keys whose last read failed."""

    async def find(self, key: str) -> _T:
        """Return what is there now, and remember it; raises what `read` raises.

        Of what was never there nothing is remembered: strangers ask for any name, and would push
        out what is there.
        """
        return await self._find(key, also_nothing=False)

    async def _find(self, key: str, *, also_nothing: bool = True) -> _T:
        begun = self._remembered.begin(key)
        try:
            found = await self._read(key)
            if found is not None or also_nothing or self._remembered.last(key) is not None:
                self._remembered.end(begun, found)
        finally:
            self._remembered.drop(begun)
        self._own_failed_at.pop(key, None)
        return found

    async def recall(self, key: str) -> _T:
        """Return what was there at most a second ago; raises what `read` raises."""
        known = self._remembered.counting(key)
        return await self._find(key) if known is None else known[1]

    async def recall_or_last(self, key: str) -> _T:
        """Return what was there at most a second ago or, where the store is away, last.

        Last is half an hour ago at most: raises StoreError where nothing was read since.
        """
        counting = self._remembered.counting(key)
        if counting is not None:
            return counting[1]
        known, now = self._remembered.last(key), self._clock.monotonic()
        if known is None or now - known[0] >= OUTLASTS_S:
            return await self._find(key)
        if self._is_away(key, known[0], now):
            return known[1]
        try:
            return await self._find(key)
        except StoreError:
            # For the next second nobody waits to hear it again.
            if len(self._own_failed_at) >= MOST_RECALLED:
                self._own_failed_at.clear()
            self._failed_at = self._own_failed_at[key] = self._clock.monotonic()
            return known[1]

    def _is_away(self, key: str, looked_at: float, now: float) -> bool:
        """Say whether the store failed a moment ago, as far as it concerns this key."""
        if now - self._own_failed_at.get(key, float("-inf")) < RECALLED_S:
            return True
        if self._remembered.doubts(key):
            # It is known to be otherwise now: that is asked for before it is gone by.
            return False
        return now - looked_at <= FRESH_S and now - self._failed_at < RECALLED_S

    def forget(self, key: str) -> None:
        """Have it read when it is asked for next."""
        self._remembered.forget(key)
        self._own_failed_at.pop(key, None)
