"""The composition root: settings become parts, and parts run until the agent ends."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any, Final

import structlog
from aiohttp import web

from local_region.ecs_agent.adapters.ecs import HttpEcs, Where
from local_region.ecs_agent.adapters.faulty_ecs import FaultyEcs
from local_region.ecs_agent.adapters.memory_engine import MemoryEngine
from local_region.ecs_agent.adapters.saved_file import SavedFile, StateUnreadableError
from local_region.ecs_agent.faults import Faults
from local_region.ecs_agent.introspection import introspection_app
from local_region.ecs_agent.ports import Ecs, Engine, EngineError
from local_region.ecs_agent.services.acs import AcsSession
from local_region.ecs_agent.services.endpoints import PollEndpoints
from local_region.ecs_agent.services.registration import (
    ERROR,
    TERMINAL,
    AgentEndError,
    Host,
    register,
)
from local_region.ecs_agent.services.reporter import Reporter
from local_region.ecs_agent.services.task_run import Ways
from local_region.ecs_agent.services.tasks import Tasks
from local_region.ecs_agent.services.tcs import Measures, TcsSession
from local_region.ecs_agent.settings import AgentSettings, architecture, host_memory_mib

log = structlog.get_logger()

ENDED_AS_ASKED: Final = 0


async def run_agent(
    settings: AgentSettings,
    *,
    engine: Engine | None = None,
    stop: asyncio.Event | None = None,
    told: Callable[[dict[str, Any]], None] = lambda _: None,
) -> int:
    """Run until `stop`, or SIGTERM or SIGINT if there is none; return the exit status.

    0 ended as asked, its containers run on; 1 it could not register, or start, and may again; 5 it
    never will as it is. `engine` is the settings' if none is given. `told` is given the container
    instance's ARN and the introspection port once it serves.
    """
    # Heard now, heeded only once it is registered: what waits for ECS goes on through a SIGTERM.
    stop = stop or _stop_signal()
    async with AsyncExitStack() as stack:
        try:
            agent = await _registered(settings, engine, stack)
        except AgentEndError as error:
            log.error("ended", status=error.status, reason=str(error))  # noqa: TRY400  said in full
            return error.status
        async with agent.serving() as port:
            told({"event": "serving", "arn": agent.arn, "introspection_port": port})
            running = asyncio.create_task(agent.run())
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
            running.cancel()
            stopping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
    log.info("ended", status=ENDED_AS_ASKED)
    return ENDED_AS_ASKED


class Agent:
    """An agent that is registered."""

    def __init__(
        self,
        settings: AgentSettings,
        file: SavedFile,
        ecs: Ecs,
        engine: Engine,
        docker_version: str,
    ) -> None:
        self._settings = settings
        self._file = file
        self._ecs = ecs
        self._engine = engine
        self._docker_version = docker_version
        self.arn = file.saved.arn or ""

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Answer introspection while the block runs, on the port given; raises OSError."""
        app = introspection_app(
            self._settings.cluster, self.arn, lambda: list(self._file.saved.tasks.values())
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        host, port = self._settings.introspection_host, self._settings.introspection_port
        try:
            await web.TCPSite(runner, host, port, reuse_address=True).start()
            yield int(runner.addresses[0][1])
        finally:
            await runner.cleanup()

    async def run(self) -> None:
        """Run tasks and hold the lines, until cancelled."""
        settings, pace = self._settings, self._settings.pace
        endpoints = PollEndpoints(self._ecs, settings.cluster, self.arn, self._docker_version, pace)
        ways = Ways(
            settings.cluster, settings.region, settings.pulls, settings.stop_timeout_s, pace
        )
        async with asyncio.TaskGroup() as group:
            reporter = Reporter(self._ecs, self._file, pace, group)
            tasks = Tasks(self._engine, self._file, reporter, ways, group)
            acs = AcsSession(self._ecs, endpoints, self._file, tasks, pace)
            whose = {"cluster": settings.cluster, "containerInstance": self.arn}
            measures = Measures(self._engine, tasks.health)
            tcs = TcsSession(self._ecs, endpoints, measures, whose, pace)
            for work in (tasks.run(), tasks.forget_old(), acs.run(), tcs.run()):
                group.create_task(work)


async def _registered(
    settings: AgentSettings, engine: Engine | None, stack: AsyncExitStack
) -> Agent:
    """Return an agent that ECS knows; raises AgentEndError."""
    try:
        file = SavedFile(settings.state)
    except StateUnreadableError as error:
        raise AgentEndError(TERMINAL, str(error)) from error
    engine = engine or await _engine(settings, stack)
    try:
        version = await engine.version()
    except EngineError as error:
        raise AgentEndError(ERROR, str(error)) from error
    where = Where(settings.endpoint, settings.region, settings.credentials, settings.ca_file)
    http = await stack.enter_async_context(HttpEcs(where))
    ecs = FaultyEcs(http, Faults(settings.state), settings.pace.vanished)
    host = Host(
        cluster=settings.cluster,
        docker_version=version,
        memory_mib=settings.memory_mib or host_memory_mib(),
        cpus=os.cpu_count() or 1,
        architecture=architecture(),
        custom=settings.attributes,
    )
    await register(ecs, file, host, settings.pace)
    return Agent(settings, file, ecs, engine, version)


async def _engine(settings: AgentSettings, stack: AsyncExitStack) -> Engine:
    if settings.engine == "memory":
        return MemoryEngine()
    # Docker's client is read where there is Docker, and nowhere else.
    from local_region.ecs_agent.adapters.docker_engine import DockerEngine  # noqa: PLC0415

    return await stack.enter_async_context(DockerEngine(settings.docker))


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
