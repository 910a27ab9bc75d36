"""What time it is, for people: injected, so that a test can stand it still."""

import time
from datetime import UTC, datetime, tzinfo
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time in the kiosk's own zone."""

    def now(self) -> datetime:
        """Return the present moment, aware, in the kiosk's zone."""
        ...

    def local(self, moment: datetime) -> datetime:
        """Return an aware moment in the kiosk's zone."""
        ...

    def boottime_ms(self) -> int:
        """Return the host's CLOCK_BOOTTIME in milliseconds, as the agent reads it."""
        ...


class SystemClock:
    """The host's clock; `zone` None is the host's zone."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        self._zone = zone

    def now(self) -> datetime:
        """Return the present moment, aware."""
        return self.local(datetime.now(UTC))

    def local(self, moment: datetime) -> datetime:
        """Return an aware moment in the kiosk's zone."""
        return moment.astimezone(self._zone)

    def boottime_ms(self) -> int:
        """Return CLOCK_BOOTTIME in milliseconds."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
