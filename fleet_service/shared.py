"""What is made once for all who ask within the next moments."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from fleet_service.clock import Clock

_T = TypeVar("_T")


class MadeTogether(Generic[_T]):
    """Makes something when it is asked for, and tells it to whoever asks soon after.

    Who asks while it is made waits for that, so it is never made twice at once.
    """

    def __init__(self, clock: Clock, make: Callable[[], Awaitable[_T]], *, for_s: float) -> None:
        """`for_s`: seconds, by when its making began."""
        self._clock = clock
        self._make = make
        self._for_s = for_s
        self._making = asyncio.Lock()
        self._made: tuple[float, _T] | None = None
        self._changes = 0

    async def get(self) -> _T:
        """Return it; raises what `make` raises, and then makes it anew for the next."""
        async with self._making:
            began, changes = self._clock.monotonic(), self._changes
            if self._made is not None and began - self._made[0] < self._for_s:
                return self._made[1]
            self._made = None
            made = await self._make()
            if changes == self._changes:
                self._made = began, made
            return made

    def forget(self) -> None:
        """Have it made anew for whoever asks next, and what is being made told to nobody later."""
        self._changes += 1
        self._made = None
