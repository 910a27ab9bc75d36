"""TCS: the line by which the agent measures. It says how the engine and the tasks are.

`amazon-ecs-agent`, `ecs-agent/tcs/client/client.go`. Figures of containers are not sent: the
metrics say `idle`, as an agent's without tasks do.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.ports import Ecs, Engine, EngineError, Line, UnreachableError
from local_region.ecs_agent.services.acs import hear, keep_connected
from local_region.ecs_agent.services.endpoints import PollEndpoints

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured: the engine, and the health of tasks as TCS is told it."""

    engine: Engine
    health: Callable[[], Awaitable[list[dict[str, Any]]]]


class TcsSession:
    """Holds the line for good."""

    def __init__(
        self,
        ecs: Ecs,
        endpoints: PollEndpoints,
        measures: Measures,
        whose: dict[str, str],
        pace: Pace,
    ) -> None:
        """`whose`: `cluster` and `containerInstance`, as each frame names them."""
        self._ecs = ecs
        self._endpoints = endpoints
        self._measures = measures
        self._whose = whose
        self._pace = pace
        self._health = ("", 0.0)

    async def run(self) -> None:
        """Connect, and again whenever the line ends."""
        await keep_connected("tcs", self._hold, self._pace)

    async def _hold(self) -> None:
        url = await self._endpoints.tcs()
        async with (
            self._ecs.line(url, timeout_s=self._pace.attempt) as line,
            self._publishing(line, url),
        ):
            log.info("connected", line="tcs")
            await hear(line, self._pace, _pass_over)

    @asynccontextmanager
    async def _publishing(self, line: Line, url: str) -> AsyncIterator[None]:
        publishing = asyncio.create_task(self._publish(line, url))
        try:
            yield
        finally:
            publishing.cancel()
            # A line that ended says so to whoever reads it.
            await asyncio.gather(publishing, return_exceptions=True)

    async def _publish(self, line: Line, url: str) -> None:
        while True:
            for kind, message in (
                ("PublishMetricsRequest", self._metrics()),
                ("PublishInstanceStatusRequest", await self._status()),
                ("PublishHealthRequest", await self._task_health()),
            ):
                if message is None:
                    continue
                body = json.dumps({"type": kind, "message": message})
                try:
                    await line.send(self._ecs.signed_frame(url, body))
                except UnreachableError:
                    return
            await asyncio.sleep(self._pace.metrics_every)

    def _metrics(self) -> dict[str, Any]:
        metadata = {**self._whose, "fin": True, "idle": True, "messageId": str(uuid.uuid4())}
        return {"metadata": metadata, "timestamp": int(time.time())}

    async def _task_health(self) -> dict[str, Any] | None:
        """Return the health of tasks, or nothing if none has checks."""
        tasks = await self._measures.health()
        if not tasks:
            return None
        metadata = {**self._whose, "fin": True, "messageId": str(uuid.uuid4())}
        return {"metadata": metadata, "tasks": tasks, "timestamp": int(time.time())}

    async def _status(self) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self._pace.attempt):
                await self._measures.engine.version()
            status = "OK"
        except (EngineError, TimeoutError):
            status = "IMPAIRED"
        now = time.time()
        if status != self._health[0]:
            self._health = (status, now)
        return {
            "metadata": {**self._whose, "requestId": str(uuid.uuid4())},
            "statuses": [
                {
                    "type": "CONTAINER_RUNTIME",
                    "status": status,
                    "lastUpdated": now,
                    "lastStatusChange": self._health[1],
                }
            ],
            "timestamp": int(now),
        }


async def _pass_over(_text: str) -> None:
    """Acknowledgments and heartbeats show that the line lives, and that is all they are for."""
