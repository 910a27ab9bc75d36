"""A worker that fails is told of and started again; the others, and selling, go on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.workers import Worker, WorkerKeeper
from kiosk_contracts.problem import ProblemError
from tests.support.clock import FakeClock


@asynccontextmanager
async def _supervised(
    clock: FakeClock, state: AgentState, run: Callable[[], Awaitable[None]]
) -> AsyncIterator[None]:
    worker = Worker("upload", "Sending transactions", run)
    task = asyncio.create_task(WorkerKeeper(clock, state).keep_running(worker))
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def _wait_of(clock: FakeClock, number: int) -> float:
    """Return how long is waited after the failure of this number, once it has come."""

    def waits(slept: list[float]) -> list[float]:
        return [wait for wait in slept if wait <= 60]

    await clock.until_slept(lambda slept: len(waits(slept)) >= number)
    return waits(clock.slept)[number - 1]


async def test_it_starts_again_ever_later_up_to_a_minute_and_is_told_of() -> None:
    clock, state, runs = FakeClock(), AgentState(Changes()), list[int]()

    async def fail() -> None:
        runs.append(1)
        raise ProblemError(500, "journal_damaged", "The journal is damaged")

    async with _supervised(clock, state, fail):
        for number, bound in enumerate((1, 2, 4, 8, 16, 32, 60, 60), 1):
            wait = await _wait_of(clock, number)
            assert bound / 2 <= wait <= bound
            assert len(runs) == number
            [warning] = state.warnings()
            assert warning.code == "worker_failed"
            assert warning.text == (
                "Sending transactions fails and starts again: The journal is damaged"
            )
            clock.advance(wait)


async def test_one_that_runs_for_ten_minutes_is_sound_again_and_its_next_failure_is_the_first() -> (
    None
):
    changes = Changes()
    clock, state = FakeClock(), AgentState(changes)
    failures = asyncio.Queue[None]()

    async def work() -> None:
        await failures.get()
        raise ZeroDivisionError

    async with _supervised(clock, state, work):
        for number in range(1, 5):
            failures.put_nowait(None)
            clock.advance(await _wait_of(clock, number))
        assert state.warnings()[0].text.endswith("ZeroDivisionError")
        seen = changes.version
        await clock.until_slept(lambda slept: slept[-1] == 600)
        clock.advance(599)
        assert state.warnings()
        clock.advance(1)
        await changes.beyond(seen)
        assert not state.warnings()
        failures.put_nowait(None)
        assert await _wait_of(clock, 5) <= 1


async def test_a_worker_that_ends_by_itself_is_started_again_too() -> None:
    clock, state, runs = FakeClock(), AgentState(Changes()), list[int]()

    async def end() -> None:
        runs.append(1)

    async with _supervised(clock, state, end):
        clock.advance(await _wait_of(clock, 1))
        await _wait_of(clock, 2)
    assert len(runs) == 2
