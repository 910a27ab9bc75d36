"""How fast AWS is asked: a token bucket, and a rest after it said that it was too fast."""

import asyncio
from typing import Final

from fleet_service.clock import Clock


class Pace:
    """Hands out turns: `burst` at once, then `per_second`."""

    def __init__(self, clock: Clock, *, per_second: float, burst: int) -> None:
        self._clock = clock
        self._per_second = per_second
        self._burst = burst
        self._level: float = burst
        self._since = clock.monotonic()

    def take(self) -> float:
        """Take the next turn; return in how many seconds it is."""
        now = self._clock.monotonic()
        gained = (now - self._since) * self._per_second
        self._level = min(self._burst, self._level + gained) - 1
        self._since = now
        return max(0.0, -self._level / self._per_second)

    def rest(self, seconds: float) -> None:
        """Give no turn for so long: whoever was throttled has used what others need, too."""
        self.take()
        self._level = min(self._level, -seconds * self._per_second)

    def give_back(self) -> None:
        """Give a turn back that was not used, to whoever takes one next."""
        self._level = min(self._burst, self._level + 1)

    async def turn(self) -> None:
        """Wait for the next turn; who gives up meanwhile takes none."""
        wait_s = self.take()
        try:
            await asyncio.sleep(wait_s)
        except asyncio.CancelledError:
            self.give_back()
            raise


REST_AFTER_THROTTLING_S: Final = 5.0
