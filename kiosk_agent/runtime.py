"""The composition root: what the agent is made of, and in which order it starts and stops.

A stop goes the other way round: workers first, then HTTP, the journal last, so that whatever was
begun is on disk before the file closes.
"""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import structlog
from aiohttp import web

from kiosk_agent import AGENT_VERSION
from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.adapters.check_folder import FileKeptChecks
from kiosk_agent.adapters.disk_room import StateDirRoom
from kiosk_agent.adapters.drain_mark import FileDrainMark
from kiosk_agent.adapters.durable import keep_name
from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_agent.adapters.fleet_http import FleetAddress, HttpFleet, KioskProof
from kiosk_agent.adapters.hand_over_folder import FileHandOvers
from kiosk_agent.adapters.journal.recovery import Home, prepare
from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.lock_file import journal_lock
from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from kiosk_agent.adapters.printers.address import parse_address
from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.adapters.roster_file import load_roster
from kiosk_agent.adapters.scanner_layout_file import FileScannerLayouts
from kiosk_agent.adapters.scanners.address import parse_scanner
from kiosk_agent.adapters.service_manager import ServiceManager
from kiosk_agent.adapters.system_clock import SystemClock, local_words
from kiosk_agent.adapters.system_host import SystemHost
from kiosk_agent.adapters.unix_sockets import check_socket_path, unix_socket
from kiosk_agent.api.admin import build_admin_app
from kiosk_agent.api.keys import open_desk
from kiosk_agent.api.office import Office
from kiosk_agent.api.ui import build_ui_app
from kiosk_agent.domain.printing import PaperRules
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.fleet import Fleet
from kiosk_agent.ports.journal import Journal
from kiosk_agent.ports.training import TrainingGround
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.draining import Draining
from kiosk_agent.services.epoch_keeper import EpochKeeper
from kiosk_agent.services.expiring import HoldKeeper
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import KnownStaff
from kiosk_agent.services.line import LineMonitor, WatchedFleet
from kiosk_agent.services.moving_out import MovingOut
from kiosk_agent.services.printing import PrintQueue
from kiosk_agent.services.reserving import Reserving
from kiosk_agent.services.retrying import Retrier, RetryRules
from kiosk_agent.services.room import Room, RoomKeeper
from kiosk_agent.services.scanning import ScanReader
from kiosk_agent.services.sessions import Heartbeats, Sessions
from kiosk_agent.services.sides import Here, There
from kiosk_agent.services.stocking import Stocking
from kiosk_agent.services.supervising import Supervisor, Worker
from kiosk_agent.services.syncer import Syncer
from kiosk_agent.services.tidying import Tidying
from kiosk_agent.services.upkeep import FileKeeper
from kiosk_agent.services.uploader import Uploader, UploadRules
from kiosk_agent.services.verifying import DailyVerification
from kiosk_agent.settings import AgentSettings
from kiosk_agent.training_ground import Trainees, training_ground
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.sessions import EnrolmentSecretProof

log = structlog.get_logger(__name__)

UI_SOCKET_MODE: Final = 0o660
ADMIN_SOCKET_MODE: Final = 0o600
_HTTP_GRACE_S: Final = 2.0
_JOURNAL_CHECK_S: Final = 3600.0


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
        _stop_on_signals() as stop,
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
            room=_room(settings).disk,
            prepare=lambda _: prepare(home),
        ) as sqlite_journal:
            log.info("journal_opened", sqlite_version=sqlite3.sqlite_version)
            journal = wrap_journal(sqlite_journal) if wrap_journal else sqlite_journal
            async with (
                _noted_run(journal, the_clock),
                _fleet(settings, journal, the_clock) as http,
                training_ground(_trainees(settings, staff), journal, the_clock) as ground,
            ):
                staff.learn(await journal.read(lambda reader: reader.roster()))
                fleet = wrap_fleet(http) if wrap_fleet else http
                agent = _assemble(settings, staff, journal, the_clock, fleet, training=ground)
                keeper = FileKeeper(agent.kiosk, sqlite_journal, agent.here.state)
                agent = agent.with_worker(
                    Worker("upkeep", "Checking the journal's file", keeper.run)
                )
                agent.line.know_offset(await journal.read(lambda reader: reader.server_offset_ms()))
                async with _serving(agent.apps, (ui_socket, admin_socket)):
                    await _work_until(stop, agent, manager)
                await agent.line.write_changes()
    log.info("agent_stopped")


@dataclass(frozen=True, slots=True)
class Agent:
    """The assembled parts that start and stop together."""

    settings: AgentSettings
    here: Here
    there: There
    line: LineMonitor
    kiosk: Kiosk
    workers: Sequence[Worker]
    apps: tuple[web.Application, web.Application]
    """The applications of the UI socket and of the admin socket."""

    def with_worker(self, worker: Worker) -> "Agent":
        """Return the same with one worker more."""
        return replace(self, workers=[*self.workers, worker])


def _trainees(settings: AgentSettings, staff: KnownStaff) -> Trainees:
    return Trainees(
        settings.state_dir,
        settings.ui_socket,
        settings.kiosk_id,
        staff,
        settings.currency,
        settings.hold_s,
    )


def _room(settings: AgentSettings) -> Room:
    limits = settings.room_limits
    return Room(StateDirRoom(settings.state_dir, limits.reserve_bytes), limits)


def _assemble(  # noqa: PLR0913  what an agent is made of
    settings: AgentSettings,
    staff: KnownStaff,
    journal: Journal,
    clock: Clock,
    fleet: Fleet,
    *,
    training: TrainingGround,
) -> Agent:
    changes, room = Changes(), _room(settings)
    mark = FileDrainMark(settings.state_dir)
    state = AgentState(changes, draining=mark.is_set())
    line = LineMonitor(clock, journal, changes, fleet.server_offset_ms)
    rules = RetryRules(base_s=settings.retry_base_s, cap_s=settings.retry_cap_s)
    here = Here(journal, clock, changes, state, room)
    there = There(WatchedFleet(fleet, line), line, Retrier(rules, clock, line, state))
    kiosk = Kiosk(
        journal,
        clock,
        line,
        state,
        changes,
        currency=settings.currency,
        hold_s=int(settings.hold_s),
        room=room,
        paper=PaperRules(bool(settings.printer), settings.print_receipts),
    )
    desk = open_desk(
        kiosk,
        roster=staff,
        pins=ArgonPinHashes(),
        verify=verify_ed25519,
        hand_overs=FileHandOvers(settings.state_dir),
        kept_checks=FileKeptChecks(settings.state_dir),
        training=training,
        layouts=FileScannerLayouts(settings.state_dir),
        refund_limits=settings.refund_limits,
    )
    in_force = settings.model_dump(mode="json")
    office = Office(
        here=here,
        reports=desk.reports,
        draining=Draining(here, line, mark),
        settings=in_force,
        selling=desk.selling,
        quarantine=desk.quarantine,
        fleet=there.fleet,
        moving_out=MovingOut(kiosk, verify_ed25519),
    )
    holds = HoldKeeper(desk.carts, clock)
    archives = FileArchives(settings.archive_dir)
    tidying = Tidying(kiosk, archives, archive_after_s=settings.archive_after_s)
    workers = [
        *_workers(settings, here, there, line, staff),
        Worker("holds", "Releasing carts whose time is over", holds.run),
        Worker("tidying", "Archiving what settled long ago", tidying.run),
        Worker("room", "Watching the room on the disk", RoomKeeper(room, clock, changes).run),
        *_printing(settings, kiosk, state),
        *_scanning(settings, kiosk, state),
    ]
    return Agent(
        settings, here, there, line, kiosk, workers, (build_ui_app(desk), build_admin_app(office))
    )


def _printing(settings: AgentSettings, kiosk: Kiosk, state: AgentState) -> Iterator[Worker]:
    if not settings.printer:
        return
    # What it brings along takes 18 MB, which a kiosk without a printer need not have.
    from kiosk_agent.adapters.printers.escpos_printer import EscposPrinter  # noqa: PLC0415

    printer = EscposPrinter(
        parse_address(settings.printer),
        columns=settings.printer_columns,
        profile=settings.printer_profile,
    )
    queue = PrintQueue(kiosk, printer, state, local_words)
    yield Worker("printer", "Printing", queue.run)


def _scanning(settings: AgentSettings, kiosk: Kiosk, state: AgentState) -> Iterator[Worker]:
    if not settings.scanner:
        return
    from kiosk_agent.adapters.scanners.serial_scanner import SerialScanner  # noqa: PLC0415  as above

    reader = ScanReader(kiosk, SerialScanner(parse_scanner(settings.scanner)), state)
    yield Worker("scanner", "Reading the scanner", reader.run)


def _workers(
    settings: AgentSettings, here: Here, there: There, line: LineMonitor, staff: KnownStaff
) -> Sequence[Worker]:
    uploader = Uploader(
        here,
        there,
        UploadRules(
            batch_max=settings.batch_max,
            park_after=timedelta(seconds=settings.park_after_s),
            parked_again_s=settings.parked_again_s,
        ),
    )
    syncer = Syncer(here, there, every_s=settings.sync_s, staff=staff)
    stocking = Stocking(here, there, every_s=settings.sync_s, ask_again_s=settings.stock_again_s)
    reserves = ReserveFile(settings.reserve_path)
    epochs = EpochKeeper(here, there, reserves, every_s=_JOURNAL_CHECK_S)
    reserving = Reserving(
        here,
        there,
        reserves,
        per_type=settings.reserve_per_type,
        every_s=settings.sync_s,
        ask_again_s=settings.stock_again_s,
    )
    heartbeats = Heartbeats(here, there, every_s=settings.heartbeat_s, agent_version=AGENT_VERSION)
    daily = DailyVerification(here, there, every_s=settings.verify_every_s)
    return (
        Worker("line_changes", "Noting the line's changes", line.run),
        Worker("session", "Signing in to the cloud", Sessions(here, there).run),
        Worker("upload", "Sending transactions", uploader.run),
        Worker("parked", "Sending parked transactions again", uploader.retry_parked),
        Worker("heartbeat", "Reporting to the cloud", heartbeats.run),
        Worker("catalogue", "Fetching the events on sale", syncer.run_catalogue),
        Worker("keys", "Fetching the keys of tickets", syncer.run_keys),
        Worker("roster", "Fetching who may work here", syncer.run_roster),
        Worker("gate_feed", "Fetching what other gates know", syncer.run_gate_feed),
        Worker("verify", "Verifying the journal", daily.run),
        Worker("journal", "Comparing the journal with the cloud", epochs.run),
        Worker("stock", "Fetching tickets to sell", stocking.run),
        Worker("reserve", "Filling the sealed reserve", reserving.run),
    )


async def _work_until(stop: asyncio.Event, agent: Agent, manager: ServiceManager) -> None:
    """Run all workers until `stop`, then stop them; HTTP still answers meanwhile."""
    supervisor = Supervisor(agent.here.clock, agent.here.state)
    workers = [*agent.workers, *_watchdog(manager, agent.here.clock)]
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(supervisor.keep_running(worker), name=worker.name)
            for worker in workers
        ]
        _announce(agent.settings)
        manager.ready()
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

    yield Worker("watchdog", "Telling systemd that the agent is alive", reset)


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
    settings: AgentSettings, journal: Journal, clock: Clock
) -> AsyncIterator[HttpFleet]:
    identity = await journal.read(lambda reader: reader.identity())
    address = FleetAddress(settings.fleet_url, settings.connect_timeout_s, settings.total_timeout_s)

    def read_proof() -> dict[str, str]:
        # Read for every session, so that a replaced secret needs no restart.
        secret = settings.enrolment_secret_file.read_text(encoding="utf-8").strip()
        scheme: str = EnrolmentSecretProof.model_fields["scheme"].default
        return {"scheme": scheme, "secret": secret}

    proof = KioskProof(settings.kiosk_id, AGENT_VERSION, read_proof)
    async with HttpFleet(address, proof, identity.journal_id, clock) as fleet:
        yield fleet


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


@contextmanager
def _stop_on_signals() -> Iterator[asyncio.Event]:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


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
