"""A clock that stands still until a test moves it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


@dataclass(eq=False)
class _Sleeper:
    due_ms: float
    done: asyncio.Future[None]


@dataclass
class FakeClock:
    """A Clock whose hands a test moves. `sleep` ends only when `advance` has passed its time."""

    wall: datetime = datetime(2026, 11, 23, 19, 0, 0, tzinfo=UTC)
    boot_ms: float = 1_000_000
    boot: str = "boot-1"
    slept: list[float] = field(default_factory=list)
    """Every sleep asked for, in seconds, in order."""
    _sleepers: list[_Sleeper] = field(default_factory=list)
    _arrivals: list[asyncio.Future[None]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.wall

    def boottime_ms(self) -> int:
        return int(self.boot_ms)

    def boot_id(self) -> str:
        return self.boot

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        done = asyncio.get_running_loop().create_future()
        sleeper = _Sleeper(self.boot_ms + seconds * 1000, done)
        self._sleepers.append(sleeper)
        for arrival in self._arrivals:
            if not arrival.done():
                arrival.set_result(None)
        try:
            await done
        finally:
            self._sleepers.remove(sleeper)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks and wake the sleepers whose time has come."""
        self.wall += timedelta(seconds=seconds)
        self.boot_ms += seconds * 1000
        for sleeper in self._sleepers:
            if sleeper.due_ms <= self.boot_ms and not sleeper.done.done():
                sleeper.done.set_result(None)

    def suspend(self, seconds: float) -> None:
        """Let time pass while the host is suspended: nobody who sleeps wakes by that."""
        self.wall += timedelta(seconds=seconds)
        self.boot_ms += seconds * 1000

    async def advance_when_asleep(self, seconds: float, sleepers: int = 1) -> None:
        """Wait until so many are asleep, then let time pass."""
        await self.wait_for_sleepers(sleepers)
        self.advance(seconds)

    async def wait_for_sleepers(self, count: int = 1) -> None:
        """Wait until at least `count` sleeps are under way."""
        while self.sleeping() < count:
            await self._arrival()

    async def until_slept(self, holds: Callable[[list[float]], bool]) -> None:
        """Wait until the sleeps asked for so far are as a test wants them."""
        while not holds(self.slept):
            await self._arrival()

    async def _arrival(self) -> None:
        arrival = asyncio.get_running_loop().create_future()
        self._arrivals.append(arrival)
        try:
            await arrival
        finally:
            self._arrivals.remove(arrival)

    def sleeping(self) -> int:
        """Return how many sleeps are under way and not yet due."""
        return sum(not sleeper.done.done() for sleeper in self._sleepers)

    def set_wall(self, wall: datetime) -> None:
        """Set the wall clock alone, as a person or NTP would."""
        self.wall = wall

    def reboot(self, *, away_s: float = 60, boot_id: str = "boot-2") -> None:
        """Start a new boot: CLOCK_BOOTTIME begins again, the wall clock runs on."""
        self.wall += timedelta(seconds=away_s)
        self.boot_ms = 5_000
        self.boot = boot_id
