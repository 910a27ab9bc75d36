"""Time, injected, so that what expires can be tested without waiting."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The region's clocks."""

    def now(self) -> datetime:
        """Return the wall clock, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never jump back."""
        ...


class ShiftedClock:
    """The real clocks, put forward as far as somebody asked for."""

    def __init__(self) -> None:
        self._ahead_s = 0.0

    def now(self) -> datetime:
        """Return the wall clock, aware, UTC."""
        return datetime.now(UTC) + timedelta(seconds=self._ahead_s)

    def monotonic(self) -> float:
        """Return seconds that never jump back."""
        return time.monotonic() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Put the clocks forward; raises ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("the region's clock can't go back")
        self._ahead_s += seconds
