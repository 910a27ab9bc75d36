"""Training mode put together: a journal in a folder of its own, served at a socket of its own.

It has no uploader, no line and no printer, so nothing that is done there goes anywhere.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web

from kiosk_agent.adapters.check_folder import FileKeptChecks
from kiosk_agent.adapters.ed25519 import key_of_the_day, verify_ed25519
from kiosk_agent.adapters.hand_over_folder import FileHandOvers
from kiosk_agent.adapters.journal.errors import storage_full
from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.pin_hashes import ArgonPinHashes
from kiosk_agent.adapters.report_folder import ReportFolder
from kiosk_agent.adapters.unix_sockets import unix_socket
from kiosk_agent.api.keys import open_desk
from kiosk_agent.api.ui import build_ui_app
from kiosk_agent.domain.drawer_limits import DrawerLimits
from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.journal import Journal
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.expiring import HoldKeeper
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import StaffView
from kiosk_agent.services.pin_tries import PinTries
from kiosk_agent.services.training import fill
from kiosk_contracts.kiosk_status import LineState
from kiosk_texts import ENGLISH, Language

log = structlog.get_logger(__name__)

FOLDER_NAME: Final = "training"
SOCKET_NAME: Final = "training.sock"
_SOCKET_MODE: Final = 0o660
_GRACE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Trainees:
    """Whose kiosk it is: where it is kept and served, who may sign in, what money it takes."""

    state_dir: Path
    ui_socket: Path
    kiosk_id: str
    roster: StaffView
    tries: PinTries
    """Of the kiosk itself: a PIN that is tried for here is a real one."""
    currency: str
    hold_s: float
    language: Language = ENGLISH
    limits: DrawerLimits = field(default_factory=DrawerLimits)


class _NoCloud:
    """A LineView without a line behind it: training has nobody to send to."""

    def __init__(self, clock: Clock) -> None:
        self._since = clock.now()

    def state(self) -> LineState:
        return LineState.ONLINE

    def is_offline(self) -> bool:
        return False

    def since(self) -> datetime:
        return self._since

    def detail(self) -> str:
        return ""

    def last_contact_at(self) -> datetime | None:
        return None

    def server_offset_ms(self) -> int | None:
        return None


class LazyTrainingGround:
    """A TrainingGround; make one with `training_ground`."""

    def __init__(self, trainees: Trainees, real: Journal, clock: Clock) -> None:
        self._trainees = trainees
        self._real = real
        self._clock = clock
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._is_open = False

    async def open(self) -> str:
        """Open it, if it is not open yet."""
        async with self._opening:
            if not self._is_open:
                async with AsyncExitStack() as stack:
                    await self._begin(stack)
                    self._stack = stack.pop_all()
                self._is_open = True
                log.info("training_opened")
        return SOCKET_NAME

    async def close(self) -> None:
        """End it, and remove what was practised."""
        async with self._opening:
            await self._stack.aclose()
            if self._is_open:
                await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
                self._is_open = False

    @property
    def _folder(self) -> Path:
        return self._trainees.state_dir / FOLDER_NAME

    async def _begin(self, stack: AsyncExitStack) -> None:
        who, clock = self._trainees, self._clock
        try:
            await asyncio.to_thread(_empty, self._folder)
        except OSError as error:
            raise storage_full(f"{self._folder}: {error.strerror}") from error
        journal = await stack.enter_async_context(
            open_journal(self._folder / "journal.db", clock=clock, kiosk_id=who.kiosk_id)
        )
        await fill(journal, self._real, clock, currency=who.currency, key=key_of_the_day())
        changes = Changes()
        state = AgentState(changes)
        kiosk = Kiosk(
            journal,
            clock,
            _NoCloud(clock),
            state,
            changes,
            currency=who.currency,
            hold_s=who.hold_s,
            training=True,
            language=who.language,
            limits=who.limits,
        )
        desk = open_desk(
            kiosk,
            roster=who.roster,
            pins=ArgonPinHashes(),
            tries=who.tries,
            verify=verify_ed25519,
            hand_overs=FileHandOvers(self._folder),
            kept_checks=FileKeptChecks(self._folder),
            report_files=ReportFolder(self._folder / "reports"),
        )
        bound = stack.enter_context(unix_socket(who.ui_socket.with_name(SOCKET_NAME), _SOCKET_MODE))
        runner = web.AppRunner(build_ui_app(desk), shutdown_timeout=_GRACE_S, access_log=None)
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.SockSite(runner, bound).start()
        # Streams end by this; without it they would hold up the end.
        stack.callback(state.set_stopping)
        holds = asyncio.create_task(HoldKeeper(desk.carts, clock).run(), name="training holds")
        stack.push_async_callback(_stop, holds)


@asynccontextmanager
async def training_ground(
    trainees: Trainees, real: Journal, clock: Clock
) -> AsyncIterator[LazyTrainingGround]:
    """Have a place to practise, for as long as the agent runs."""
    ground = LazyTrainingGround(trainees, real, clock)
    try:
        yield ground
    finally:
        await ground.close()


def _empty(folder: Path) -> None:
    """Make an empty folder, whatever an agent that was killed left there. OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
