"""Kiosks that come to places and stay until they are told to go, by a clock of the test's own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from fleet_service.places import NoPlaceError, PlaceRules, Places, Turn


@dataclass
class Office:
    """Kiosks that come to places and stay until they are told to go."""

    places: Places
    now: list[float]
    """The time, in seconds."""
    order: list[str] = field(default_factory=list)
    """Who got a place, in order."""
    turns: dict[str, Turn] = field(default_factory=dict)
    """Of those who have or had a place."""
    gone: set[str] = field(default_factory=set)
    """Who has hung up."""
    ends: dict[str, asyncio.Event] = field(default_factory=dict)
    _tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)

    async def come(self, *names: str) -> None:
        """Let requests come, e.g. `a1` and `a2` of kiosk `a`, or `a1@x` in its name from `x`."""
        for name in names:
            self.ends[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._stay(name))
            await settled()

    async def end(self, name: str) -> None:
        """Let one who has a place be done."""
        self.ends[name].set()
        await self._tasks[name]
        await settled()

    def give_up(self, name: str) -> "asyncio.Task[None]":
        """Let one go away, whatever it does."""
        self._tasks[name].cancel()
        return self._tasks[name]

    def ended(self, name: str) -> bool:
        """Say whether one neither waits nor has a place."""
        return self._tasks[name].done()

    async def refused(self, name: str) -> str:
        """Return why one got no place."""
        with pytest.raises(NoPlaceError) as refusal:
            await self._tasks[name]
        return str(refusal.value)

    async def told(self, name: str) -> int:
        """Return when one that got no place is to come again, in seconds."""
        with pytest.raises(NoPlaceError) as refusal:
            await self._tasks[name]
        return refusal.value.again_s

    async def pass_by(self, *names: str, each_s: float) -> None:
        """Let one after the other of those who have places be done, so long after the other."""
        for name in names:
            self.now[0] += each_s
            await self.end(name)

    async def _stay(self, name: str) -> None:
        address = name.partition("@")[2]
        async with self.places.place(name[0], address, is_gone=lambda: name in self.gone) as turn:
            self.order.append(name)
            self.turns[name] = turn
            await self.ends[name].wait()


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(6):
        await asyncio.sleep(0)


@asynccontextmanager
async def office(
    *, whole: int = 1, each: int = 1, waiting: int = 100, wait_s: float = 3600, **more: int
) -> AsyncIterator[Office]:
    rules = PlaceRules(whole=whole, each=each, waiting=waiting, wait_s=wait_s, **more)
    now = [1000.0]
    opened = Office(Places(rules, lambda: now[0]), now)
    yield opened
    for name in [*opened.ends]:
        opened.give_up(name)
    await settled()
    assert (opened.places.taken, opened.places.waiting) == (0, 0), "nothing is left taken"
    assert not opened.places._of
    line = opened.places._line
    assert not line._here
    now[0] += 2000
    line._let_lapse()
    assert (opened.places.away, line._numbers, line._of) == (0, [], {})
