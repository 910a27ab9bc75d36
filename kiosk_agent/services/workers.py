"""Keeps workers running: one that fails is logged, shown in the status and started again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from kiosk_agent.ports.clock import Clock
from kiosk_agent.services.agent_state import AgentState
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.problem import ProblemError
from kiosk_texts import tr

log = structlog.get_logger(__name__)

FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0
SOUND_AFTER_S: Final = 600.0
"""A worker that has run this long since its last failure is sound again."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Work that never ends by itself. `name` is for logs, `duty` for people: a marked text."""

    name: str
    duty: str
    run: Callable[[], Awaitable[None]]


class WorkerKeeper:
    """Runs one worker for ever; only cancellation ends it."""

    def __init__(self, clock: Clock, state: AgentState) -> None:
        self._clock = clock
        self._state = state

    async def keep_running(self, worker: Worker) -> None:
        """Run `worker` again whenever it ends, with full jitter between."""
        failures = 0
        while True:
            started_ms = self._clock.boottime_ms()
            error: Exception | None = None
            try:
                await self._run(worker)
            except Exception as failure:  # noqa: BLE001  whatever it is, the others must go on
                error = failure
            if self._clock.boottime_ms() - started_ms >= SOUND_AFTER_S * 1000:
                failures = 0
            failures += 1
            self._tell(worker, error, failures)
            bound = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(failures - 1, 16))
            await self._clock.sleep(random.uniform(bound / 2, bound))  # noqa: S311  jitter

    async def _run(self, worker: Worker) -> None:
        """Run once; after long enough without a failure its old warning goes."""
        sound = asyncio.ensure_future(self._forgive(worker))
        try:
            await worker.run()
        finally:
            sound.cancel()

    async def _forgive(self, worker: Worker) -> None:
        await self._clock.sleep(SOUND_AFTER_S)
        self._state.clear(_source(worker.name))

    def _tell(self, worker: Worker, error: Exception | None, failures: int) -> None:
        log.error("worker_failed", worker=worker.name, failures=failures, exc_info=error)
        why = str(error) if isinstance(error, ProblemError) else type(error).__name__
        self._state.report(_source(worker.name), lambda: _failed(worker, why))


def _failed(worker: Worker, why: str) -> StatusWarning:
    return StatusWarning(
        code="worker_failed",
        text=tr("{duty} fails and starts again: {why}", duty=tr(worker.duty), why=why),
        hint=tr("Selling goes on. Tell the control room if this stays."),
    )


def _source(name: str) -> str:
    return f"worker {name}"
