"""What was read of the store a moment ago, so that not every request reads it again."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from fleet_service.clock import Clock

_T = TypeVar("_T")
RECALLED_S: Final = 1.0
"""Who is revoked is out within it, in every task of the service."""
MOST_RECALLED: Final = 10_000
"""Keys; the one that was asked for longest ago is forgotten first."""


class RecentReads(Generic[_T]):
    """Remembers what `read` returned, by key, for a second."""

    def __init__(self, clock: Clock, read: Callable[[str], Awaitable[_T]]) -> None:
        self._clock = clock
        self._read = read
        self._recalled: OrderedDict[str, tuple[float, _T]] = OrderedDict()

    async def find(self, key: str) -> _T:
        """Return what is there now, and remember it; raises what `read` raises."""
        # By the moment before the read: what is written while it runs may not be in it.
        looked_at = self._clock.monotonic()
        found = await self._read(key)
        known = self._recalled.get(key)
        if known is None or known[0] <= looked_at:
            self._recalled[key] = (looked_at, found)
        self._recalled.move_to_end(key)
        while len(self._recalled) > MOST_RECALLED:
            self._recalled.popitem(last=False)
        return found

    async def recall(self, key: str) -> _T:
        """Return what was there at most a second ago; raises what `read` raises."""
        known = self._recalled.get(key)
        if known is None or self._clock.monotonic() - known[0] >= RECALLED_S:
            return await self.find(key)
        return known[1]

    def forget(self, key: str) -> None:
        """Have it read when it is asked for next."""
        self._recalled.pop(key, None)
