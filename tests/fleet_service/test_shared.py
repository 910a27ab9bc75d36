"""What is made once for all who ask within the next moments."""

import asyncio

import pytest

from fleet_service.shared import MadeTogether
from tests.support.fleet import FakeFleetClock


class Maker:
    """Makes numbers, slowly where a test wants it."""

    def __init__(self) -> None:
        self.made = 0
        self.began = asyncio.Event()
        self.held: asyncio.Event | None = None
        self.fails = False

    async def make(self) -> int:
        self.made += 1
        mine = self.made
        self.began.set()
        if self.held is not None:
            await self.held.wait()
        if self.fails:
            raise OSError("away")
        return mine


async def test_it_is_made_once_for_all_who_ask_within_its_time() -> None:
    maker, clock = Maker(), FakeFleetClock()
    shared = MadeTogether(clock, maker.make, for_s=3)
    held = maker.held = asyncio.Event()
    asking = [asyncio.create_task(shared.get()) for _ in range(5)]
    await maker.began.wait()
    held.set()
    assert await asyncio.gather(*asking) == [1] * 5
    clock.advance(2.9)
    assert await shared.get() == 1
    clock.advance(0.1)
    assert await shared.get() == 2


async def test_a_failure_is_told_to_who_asked_and_kept_for_nobody() -> None:
    maker = Maker()
    shared = MadeTogether(FakeFleetClock(), maker.make, for_s=3)
    maker.fails = True
    with pytest.raises(OSError, match="away"):
        await shared.get()
    maker.fails = False
    assert await shared.get() == 2


async def test_what_is_forgotten_while_it_is_made_is_told_to_nobody_later() -> None:
    maker = Maker()
    shared = MadeTogether(FakeFleetClock(), maker.make, for_s=3)
    assert await shared.get() == 1
    shared.forget()
    held = maker.held = asyncio.Event()
    maker.began.clear()
    asking = asyncio.create_task(shared.get())
    await maker.began.wait()
    shared.forget()
    held.set()
    assert await asking == 2
    assert await shared.get() == 3
