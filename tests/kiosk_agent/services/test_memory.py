"""Memory that the agent needed only for a while goes back to the host."""

import asyncio

from kiosk_agent.services.memory import EVERY_S, FIRST_AFTER_S, MemoryKeeper
from tests.support.clock import FakeClock


async def test_memory_is_given_back_soon_after_the_start_and_now_and_then() -> None:
    clock, given_back = FakeClock(), list[float]()
    began_ms = clock.boottime_ms()
    keeper = MemoryKeeper(clock, lambda: given_back.append((clock.boottime_ms() - began_ms) / 1000))
    task = asyncio.create_task(keeper.run())
    await clock.advance_when_asleep(FIRST_AFTER_S - 1)
    await clock.advance_when_asleep(1)
    await clock.advance_when_asleep(EVERY_S)
    await clock.until_slept(lambda slept: slept == [FIRST_AFTER_S, EVERY_S, EVERY_S])
    task.cancel()
    assert given_back == [FIRST_AFTER_S, FIRST_AFTER_S + EVERY_S]
