"""The venue host's own clocks."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """Linux's wall clock, CLOCK_BOOTTIME and boot id. CLOCK_MONOTONIC stands still in suspend."""

    def __init__(self) -> None:
        self._boot_id = _BOOT_ID.read_text(encoding="ascii").strip()

    def now(self) -> datetime:
        """Return the wall clock, aware, UTC."""
        return datetime.now(UTC)

    def boottime_ms(self) -> int:
        """Return milliseconds since boot, suspend included."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def boot_id(self) -> str:
        """Return the kernel's id of this boot."""
        return self._boot_id

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellable."""
        await asyncio.sleep(seconds)


def local_time(moment: datetime) -> datetime:
    """Return a moment in the host's zone."""
    return moment.astimezone()
