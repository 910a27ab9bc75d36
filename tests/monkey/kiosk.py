"""A kiosk for a monkey: the real agent's services and UI socket in this process, and its app."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from kiosk_agent.adapters.check_folder import FileKeptChecks
from kiosk_agent.adapters.ed25519 import verify_ed25519
from kiosk_agent.adapters.hand_over_folder import FileHandOvers
from kiosk_agent.adapters.report_folder import ReportFolder
from kiosk_agent.api.keys import open_desk
from kiosk_agent.api.ui import build_ui_app
from kiosk_agent.domain.screens import CLAIM_MS
from kiosk_agent.services.changes import Changes
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.screens import ScreenDesk
from kiosk_contracts.gates import VerifyKey
from tests.support.journal import OpenJournal, journal_in
from tests.support.tickets import Signer, season
from tests.support.ui_socket import CHEAP_PINS, FakeAgent, FakeLine, roster

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class MonkeyKiosk:
    """The agent, which may go away, and lose an answer."""

    folder: Path
    opened: OpenJournal
    codes: list[str]
    """Of all tickets that it has to sell."""
    signer: Signer
    line: FakeLine = field(init=False)
    changes: Changes = field(default_factory=Changes)
    lose_next: bool = False
    lost: int = 0
    """Answers that were lost after their commit."""
    absences: int = 0
    screens: ScreenDesk | None = None
    """Which UI answers keys; None while the agent is away."""
    _runner: web.AppRunner | None = None

    def __post_init__(self) -> None:
        self.line = FakeLine(self.opened.clock)

    @property
    def socket(self) -> Path:
        """Where the UI finds the agent."""
        return self.folder / "ui.sock"

    async def come_back(self) -> None:
        """Serve the UI socket with all that is in the journal, as an agent that was started."""
        if self._runner is not None:
            return
        clock = self.opened.clock
        self.screens = ScreenDesk(clock, self.changes)
        # Whoever had its turn before has had the time to say so.
        clock.advance(CLAIM_MS / 1000)
        kiosk = Kiosk(
            *(self.opened.journal, clock, self.line, FakeAgent(), self.changes),
            screens=self.screens,
        )
        desk = open_desk(
            kiosk,
            roster=roster(),
            pins=CHEAP_PINS,
            verify=verify_ed25519,
            hand_overs=FileHandOvers(self.folder),
            kept_checks=FileKeptChecks(self.folder),
            report_files=ReportFolder(self.folder / "reports"),
        )
        app = build_ui_app(desk)
        app.middlewares.append(self._lose)
        self._runner = web.AppRunner(app, shutdown_timeout=0.01, access_log=None)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self.socket)).start()

    async def go_away(self) -> None:
        """Cut every connection and stop listening, as a process that is killed."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        self.absences += 1
        self.screens = None
        for connection in list(runner.server.connections) if runner.server is not None else ():
            connection.force_close()
            if connection.transport is not None:
                connection.transport.abort()
        await runner.cleanup()
        self.socket.unlink(missing_ok=True)

    @web.middleware
    async def _lose(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if self.lose_next and request.method != "GET" and request.transport is not None:
            self.lose_next = False
            self.lost += 1
            request.transport.abort()
        return answer


@asynccontextmanager
async def monkey_kiosk(folder: Path) -> AsyncIterator[MonkeyKiosk]:
    """Open a journal with a season and stock of three types, and serve it."""
    async with journal_in(folder) as opened:
        signer = Signer()
        keys: list[VerifyKey] = [signer.verify_key()]
        opened.code = signer.code
        await opened.journal.write(lambda writer: writer.put_catalogue(season()))
        await opened.journal.write(lambda writer: writer.put_verify_keys(keys))
        adults = await opened.stock(25)
        await opened.stock(6, ticket_type_id="child", price="6.00")
        await opened.stock(3, event_id="quay")
        codes = [signer.code(serial) for serial in adults]
        kiosk = MonkeyKiosk(folder, opened, codes, signer)
        await kiosk.come_back()
        try:
            yield kiosk
        finally:
            await kiosk.go_away()
            await asyncio.sleep(0)
