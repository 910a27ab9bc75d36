"""Gives memory back to the host that the agent needed only for a while."""

from collections.abc import Callable
from typing import Final

from kiosk_agent.ports.clock import Clock

FIRST_AFTER_S: Final = 30.0
"""The start, and the first look at the cloud, need what is not needed again."""
EVERY_S: Final = 1800.0


class MemoryKeeper:
    """A worker. `trim` gives back what is free; it may be called at any time."""

    def __init__(self, clock: Clock, trim: Callable[[], None]) -> None:
        self._clock = clock
        self._trim = trim

    async def run(self) -> None:
        """Trim soon after the start and now and then, for ever."""
        await self._clock.sleep(FIRST_AFTER_S)
        while True:
            self._trim()
            await self._clock.sleep(EVERY_S)
