"""What the agent is made of: every part, built from the settings and handed what it needs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from aiohttp import web

from kiosk_agent import AGENT_VERSION
from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.adapters.check_folder import FileKeptChecks
from kiosk_agent.adapters.command_folder import CommandFolder
from kiosk_agent.adapters.disk_room import StateDirRoom
from kiosk_agent.adapters.drain_mark import LEFT_NAME, RETIRED_NAME, FileDrainMark
from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_agent.adapters.hand_over_folder import FileHandOvers
from kiosk_agent.adapters.heap import trim_heap
from kiosk_agent.adapters.last_screen_file import LastScreenFile
from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from kiosk_agent.adapters.printers.address import parse_address
from kiosk_agent.adapters.report_folder import ReportFolder
from kiosk_agent.adapters.reserve_file import ReserveFile
from kiosk_agent.adapters.scanner_layout_file import FileScannerLayouts
from kiosk_agent.adapters.scanners.address import parse_scanner
from kiosk_agent.adapters.system_clock import local_time
from kiosk_agent.adapters.update_lock_file import FileUpdateLock
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
from kiosk_agent.services.commands import CommandDesk
from kiosk_agent.services.draining import Draining
from kiosk_agent.services.epoch_keeper import EpochKeeper
from kiosk_agent.services.expiring import HoldKeeper
from kiosk_agent.services.host_repairs import HostRepairs
from kiosk_agent.services.host_ui import HostUi
from kiosk_agent.services.image_desk import ImageDesk
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import KnownStaff
from kiosk_agent.services.leaving import Leaving
from kiosk_agent.services.line import LineMonitor, WatchedFleet
from kiosk_agent.services.memory import MemoryKeeper
from kiosk_agent.services.moving_out import MovingOut
from kiosk_agent.services.pin_tries import PinTries
from kiosk_agent.services.printing import PrintQueue
from kiosk_agent.services.proof_desk import ProofDesk
from kiosk_agent.services.reserving import Reserving
from kiosk_agent.services.restarting import Restarting
from kiosk_agent.services.retiring import Retiring
from kiosk_agent.services.retrying import Retrier, RetryRules
from kiosk_agent.services.room import Room, RoomKeeper
from kiosk_agent.services.scanning import ScanReader
from kiosk_agent.services.screens import ScreenDesk
from kiosk_agent.services.sessions import Heartbeats, Sessions
from kiosk_agent.services.sides import Here, There
from kiosk_agent.services.stocking import Stocking
from kiosk_agent.services.syncer import Syncer
from kiosk_agent.services.technicians import Technicians
from kiosk_agent.services.tidying import Tidying
from kiosk_agent.services.update_locks import UpdateLocks
from kiosk_agent.services.uploader import Uploader, UploadRules
from kiosk_agent.services.verifying import DailyVerification
from kiosk_agent.services.workers import Worker
from kiosk_agent.settings import AgentSettings
from kiosk_agent.training_ground import Trainees
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_texts import Language, mark, missing_texts_words, read_language, tr

_JOURNAL_CHECK_S: Final = 3600.0


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


def trainees(settings: AgentSettings, staff: KnownStaff, tries: PinTries) -> Trainees:
    """Return who trains here, and where."""
    return Trainees(
        settings.state_dir,
        settings.ui_socket,
        settings.kiosk_id,
        staff,
        tries,
        settings.currency,
        settings.hold_s,
        read_language(settings.locale),
        settings.drawer_limits,
    )


def room_of(settings: AgentSettings) -> Room:
    """Return the room on the disk of the state directory, with its limits."""
    limits = settings.room_limits
    return Room(StateDirRoom(settings.state_dir, limits.reserve_bytes), limits)


def assemble(  # noqa: PLR0913  what an agent is made of
    settings: AgentSettings,
    staff: KnownStaff,
    journal: Journal,
    clock: Clock,
    fleet: Fleet,
    *,
    tries: PinTries,
    training: TrainingGround,
    proofs: ProofDesk,
) -> Agent:
    """Build the parts upon an open journal and a way to the fleet service; nothing runs yet."""
    changes, room = Changes(), room_of(settings)
    last = LastScreenFile(settings.ui_socket.parent)
    screens, images = ScreenDesk(clock, changes, last), ImageDesk(changes, clock)
    locks = UpdateLocks(
        clock, changes, FileUpdateLock(settings.state_dir), settings.most_update_lock_s
    )
    drained = FileDrainMark(settings.state_dir)
    left = FileDrainMark(settings.state_dir, LEFT_NAME)
    retired = FileDrainMark(settings.state_dir, RETIRED_NAME)
    state = AgentState(
        changes, draining=drained.is_set(), left=left.is_set(), retired=retired.is_set()
    )
    language = read_language(settings.locale)
    _tell_of_texts(state, language)
    # Who proves itself by its host has a supervisor that signs.
    ui = HostUi(clock, changes, state, supervised=settings.identity == "managed_instance")
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
        limits=settings.drawer_limits,
        language=language,
        screens=screens,
        images=images,
        ui=ui,
        update_locks=locks,
    )
    pins = ArgonPinHashes()
    desk = open_desk(
        kiosk,
        roster=staff,
        pins=pins,
        tries=tries,
        verify=verify_ed25519,
        hand_overs=FileHandOvers(settings.state_dir),
        kept_checks=FileKeptChecks(settings.state_dir),
        report_files=ReportFolder(settings.report_path),
        training=training,
        layouts=FileScannerLayouts(settings.state_dir),
        refund_limits=settings.refund_limits,
    )
    draining = Draining(here, line, drained)
    book = CommandFolder(settings.state_dir)
    restarting = Restarting(here, screens)
    commands = CommandDesk(here, there.fleet, book, draining, restarting)
    in_force = settings.model_dump(mode="json")
    repairs = HostRepairs(clock, line, state)
    office = Office(
        here=here,
        reports=desk.reports,
        draining=draining,
        settings=in_force,
        selling=desk.selling,
        quarantine=desk.quarantine,
        fleet=there.fleet,
        moving_out=MovingOut(kiosk, verify_ed25519),
        shift_reports=desk.shift_reports,
        proofs=proofs,
        shift_history=desk.shift_history,
        screens=screens,
        images=images,
        repairs=repairs,
        ui=ui,
        technicians=Technicians(staff, pins, tries),
        update_locks=locks,
        commands=commands,
        restarting=restarting,
    )
    leaving = Leaving(here, draining, left, desk.reports)
    every_s = settings.heartbeat_s
    retiring = Retiring(state, retired)
    heartbeats = Heartbeats(
        here,
        there,
        leaving,
        retiring,
        images,
        every_s=every_s,
        agent_version=AGENT_VERSION,
        repairs=repairs.known,
        ui=ui.known,
        supervisor=ui.supervisor,
        screen=lambda: screens.seen().state(),
        update_lock=locks.in_force,
        stock=desk.reports.stock_by,
        commands=commands.heed,
    )
    holds = HoldKeeper(desk.carts, clock)
    archives = FileArchives(settings.archive_dir)
    tidying = Tidying(kiosk, archives, archive_after_s=settings.archive_after_s)
    workers = [
        *_workers(settings, here, there, line, staff),
        Worker("heartbeat", mark("Reporting to the cloud"), heartbeats.run),
        Worker("commands", mark("Doing what operators ask for"), commands.run),
        Worker("holds", mark("Releasing carts whose time is over"), holds.run),
        Worker("tidying", mark("Archiving what settled long ago"), tidying.run),
        Worker("memory", mark("Giving memory back"), MemoryKeeper(clock, trim_heap).run),
        Worker("room", mark("Watching the room on the disk"), RoomKeeper(room, clock, changes).run),
        Worker("update_lock", mark("Ending the update lock"), partial(locks.run, journal)),
        *_printing(settings, kiosk, state),
        *_scanning(settings, kiosk, state),
    ]
    return Agent(
        settings, here, there, line, kiosk, workers, (build_ui_app(desk), build_admin_app(office))
    )


def _tell_of_texts(state: AgentState, language: Language) -> None:
    if not language.has_texts:
        state.report("locale", lambda: _texts_missing(language))


def _texts_missing(language: Language) -> StatusWarning:
    return StatusWarning(
        code="texts_missing",
        text=missing_texts_words(language),
        hint=tr("Sell as ever. Tell support, who can set another language, such as de_DE."),
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
    queue = PrintQueue(kiosk, printer, state, local_time)
    yield Worker("printer", mark("Printing"), queue.run)


def _scanning(settings: AgentSettings, kiosk: Kiosk, state: AgentState) -> Iterator[Worker]:
    if not settings.scanner:
        return
    from kiosk_agent.adapters.scanners.serial_scanner import SerialScanner  # noqa: PLC0415  as above

    reader = ScanReader(kiosk, SerialScanner(parse_scanner(settings.scanner)), state)
    yield Worker("scanner", mark("Reading the scanner"), reader.run)


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
    daily = DailyVerification(here, there, every_s=settings.verify_every_s)
    return (
        Worker("line_changes", mark("Noting the line's changes"), line.run),
        Worker("session", mark("Signing in to the cloud"), Sessions(here, there).run),
        Worker("upload", mark("Sending transactions"), uploader.run),
        Worker("parked", mark("Sending parked transactions again"), uploader.retry_parked),
        Worker("catalogue", mark("Fetching the events on sale"), syncer.run_catalogue),
        Worker("keys", mark("Fetching the keys of tickets"), syncer.run_keys),
        Worker("roster", mark("Fetching who may work here"), syncer.run_roster),
        Worker("gate_feed", mark("Fetching what other gates know"), syncer.run_gate_feed),
        Worker("verify", mark("Verifying the journal"), daily.run),
        Worker("journal", mark("Comparing the journal with the cloud"), epochs.run),
        Worker("stock", mark("Fetching tickets to sell"), stocking.run),
        Worker("reserve", mark("Filling the sealed reserve"), reserving.run),
    )
