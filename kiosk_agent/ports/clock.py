"""Time, injected so that no test sleeps and no rule reads a global clock."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The host's clocks."""

    def now(self) -> datetime:
        """Return the wall clock, aware, UTC. It may jump."""
        ...

    def boottime_ms(self) -> int:
        """Return CLOCK_BOOTTIME in milliseconds: never jumps, runs on in suspend."""
        ...

    def boot_id(self) -> str:
        """Return which boot `boottime_ms` counts from."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellable."""
        ...
