"""The composition root: in which order the agent starts and stops.

A stop goes the other way round: workers first, then HTTP, the journal last, so that whatever was
begun is on disk before the file closes.
"""

import asyncio
import json
import os
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import structlog
from aiohttp import web

from kiosk_agent import AGENT_VERSION
from kiosk_agent.adapters.durable import keep_name
from kiosk_agent.adapters.enrolment_secret import EnrolmentSecret
from kiosk_agent.adapters.fleet_http import FleetAddress, HttpFleet, KioskProof
from kiosk_agent.adapters.journal.recovery import Home, prepare
from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.lock_file import journal_lock
from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.adapters.roster_file import load_roster
from kiosk_agent.adapters.service_manager import ServiceManager
from kiosk_agent.adapters.stop_signals import stop_on_signals
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_agent.adapters.system_host import SystemHost
from kiosk_agent.adapters.unix_sockets import check_socket_path, unix_socket
from kiosk_agent.assembly import Agent, assemble, room_of, trainees
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.fleet import Fleet
from kiosk_agent.ports.journal import Journal
from kiosk_agent.ports.prover import Prover
from kiosk_agent.services.known_staff import KnownStaff
from kiosk_agent.services.pin_tries import PinTries
from kiosk_agent.services.proof_desk import ProofDesk
from kiosk_agent.services.upkeep import FileKeeper
from kiosk_agent.services.workers import Worker, WorkerKeeper
from kiosk_agent.settings import AgentSettings
from kiosk_agent.training_ground import training_ground
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_texts import mark

log = structlog.get_logger(__name__)

UI_SOCKET_MODE: Final = 0o660
ADMIN_SOCKET_MODE: Final = 0o600
_HTTP_GRACE_S: Final = 2.0


async def run(
    settings: AgentSettings,
    *,
    clock: Clock | None = None,
    wrap_journal: Callable[[Journal], Journal] | None = None,
    wrap_fleet: Callable[[Fleet], Fleet] | None = None,
) -> None:
    """Run the agent until SIGTERM or SIGINT. It starts without a line.

    The wraps are decorators that the demo and tests put around the ports, to inject faults. Raises
    ProblemError if it can't start; `kiosk_agent.exit_codes` has the status for each.
    """
    the_clock = clock or SystemClock()
    manager = ServiceManager()
    staff = KnownStaff(load_roster(settings.roster_file))
    for path in (settings.ui_socket, settings.admin_socket):
        check_socket_path(path)
    _make_state_dir(settings)
    with (
        stop_on_signals() as stop,
        journal_lock(settings.state_dir, "kiosk-agent run"),
        unix_socket(settings.ui_socket, UI_SOCKET_MODE) as ui_socket,
        unix_socket(settings.admin_socket, ADMIN_SOCKET_MODE) as admin_socket,
    ):
        home = _home(settings, the_clock)
        async with open_journal(
            home.path,
            clock=the_clock,
            kiosk_id=home.kiosk_id,
            host_id=home.host_id,
            room=room_of(settings).disk,
            prepare=lambda _: prepare(home),
        ) as sqlite_journal:
            log.info("journal_opened", sqlite_version=sqlite3.sqlite_version)
            journal = wrap_journal(sqlite_journal) if wrap_journal else sqlite_journal
            tries, proofs = PinTries(journal, the_clock), ProofDesk()
            async with (
                _noted_run(journal, the_clock),
                _fleet(settings, journal, the_clock, _prover(settings, proofs)) as http,
                training_ground(trainees(settings, staff, tries), journal, the_clock) as ground,
            ):
                staff.learn(await journal.read(lambda reader: reader.roster()))
                fleet = wrap_fleet(http) if wrap_fleet else http
                agent = assemble(
                    settings,
                    staff,
                    journal,
                    the_clock,
                    fleet,
                    tries=tries,
                    training=ground,
                    proofs=proofs,
                )
                keeper = FileKeeper(agent.kiosk, sqlite_journal, agent.here.state)
                agent = agent.with_worker(
                    Worker("upkeep", mark("Checking the journal's file"), keeper.run)
                )
                agent.line.know_offset(await journal.read(lambda reader: reader.server_offset_ms()))
                async with _serving(agent.apps, (ui_socket, admin_socket)):
                    await _work_until(stop, agent, manager)
                await agent.line.write_changes()
    log.info("agent_stopped")


async def _work_until(stop: asyncio.Event, agent: Agent, manager: ServiceManager) -> None:
    """Run all workers until `stop`, then stop them; HTTP still answers meanwhile."""
    keeper = WorkerKeeper(agent.here.clock, agent.here.state)
    workers = [*agent.workers, *_watchdog(manager, agent.here.clock)]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(keeper.keep_running(worker), name=worker.name) for worker in workers
        ]
        _announce(agent.settings)
        manager.ready("selling and admitting")
        await stop.wait()
        log.info("agent_stopping")
        manager.stopping()
        agent.here.state.set_stopping()
        for task in tasks:
            task.cancel()


def _watchdog(manager: ServiceManager, clock: Clock) -> Iterator[Worker]:
    every_s = manager.watchdog_every_s()
    if every_s is None:
        return

    async def reset() -> None:
        while True:
            manager.alive()
            await clock.sleep(every_s)

    yield Worker("watchdog", mark("Telling systemd that the agent is alive"), reset)


def _announce(settings: AgentSettings) -> None:
    """Print the one line that says both sockets answer."""
    ready = {
        "event": "agent_ready",
        "kiosk_id": settings.kiosk_id,
        "pid": os.getpid(),
        "ui_socket": str(settings.ui_socket),
        "admin_socket": str(settings.admin_socket),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    log.info("agent_ready", kiosk_id=settings.kiosk_id)


@asynccontextmanager
async def _noted_run(journal: Journal, clock: Clock) -> AsyncIterator[None]:
    """Note the run in the journal: one without an end was killed."""
    run_id = await journal.write(
        lambda writer: writer.begin_run(clock.now(), clock.boot_id(), os.getpid(), AGENT_VERSION)
    )
    try:
        yield
    finally:
        await journal.write(lambda writer: writer.end_run(run_id, clock.now()))


@asynccontextmanager
async def _fleet(
    settings: AgentSettings, journal: Journal, clock: Clock, prover: Prover
) -> AsyncIterator[HttpFleet]:
    identity = await journal.read(lambda reader: reader.identity())
    address = FleetAddress(
        settings.fleet_url,
        settings.connect_timeout_s,
        settings.total_timeout_s,
        settings.https_proxy,
    )

    proof = KioskProof(settings.kiosk_id, AGENT_VERSION, prover)
    async with HttpFleet(address, proof, identity.journal_id, clock) as fleet:
        yield fleet


def _prover(settings: AgentSettings, proofs: ProofDesk) -> Prover:
    path = settings.enrolment_secret_file
    return proofs if path is None else EnrolmentSecret(path)


@asynccontextmanager
async def _serving(
    apps: Sequence[web.Application], sockets: Sequence[socket.socket]
) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for app, bound in zip(apps, sockets, strict=True):
            runner = web.AppRunner(app, shutdown_timeout=_HTTP_GRACE_S, access_log=None)
            stack.push_async_callback(runner.cleanup)
            await runner.setup()
            await web.SockSite(runner, bound).start()
        yield


def _home(settings: AgentSettings, clock: Clock) -> Home:
    return Home(
        path=settings.journal_path,
        kiosk_id=settings.kiosk_id,
        host_id=SystemHost(settings.machine_id_file).host_id(),
        reserve=ReserveFile(settings.reserve_path),
        clock=clock,
    )


def _make_state_dir(settings: AgentSettings) -> None:
    try:
        settings.state_dir.mkdir(mode=0o700, exist_ok=True)
        keep_name(settings.state_dir)
    except OSError as error:
        raise ProblemError(
            500,
            ProblemCode.SETTING_INVALID,
            "The state directory can't be made",
            detail=f"{settings.state_dir}: {error.strerror}.",
            hint="Check the setting state_dir and who may write there.",
        ) from error
