"""The kiosk's UIs, one after the other: each takes turns, and may be killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from kiosk_agent.domain.screens import LEASE_MS
from kiosk_contracts.screens import ScreenReport
from kiosk_ui.screen_turn import ScreenTurn
from kiosk_ui.screens.waiting_turn import WaitingTurnScreen
from kiosk_ui.settings import UiSettings
from tests.monkey.kiosk import MonkeyKiosk
from tests.support.ui_till import AgentClock, Till, app_of

_OTHER: Final = "other"
_NOBODYS: Final = ("2", "enter")
"""What is typed at a screen that waits for its turn."""


@dataclass
class Uis:
    """The UI that runs now."""

    kiosk: MonkeyKiosk
    started: int = 0
    till: Till = field(init=False)
    _stack: AsyncExitStack = field(init=False)

    @property
    def turn(self) -> ScreenTurn:
        """How the UI that runs takes its turns."""
        return self.till.app.kiosk._turns._turn

    async def start(self) -> None:
        """Start a UI with a name of its own, as in another container; it goes on or asks a PIN."""
        self.started += 1
        settings = UiSettings(socket=self.kiosk.socket, screen=f"ui-{self.started}")
        app = app_of(settings, AgentClock(self.kiosk.opened.clock))
        self._stack = AsyncExitStack()
        pilot = await self._stack.enter_async_context(app.run_test(size=(80, 24)))
        self.till = Till(app, pilot)
        await app.ready.wait()
        await self.until_its_turn()

    async def until_its_turn(self) -> None:
        """Wait until the UI answers keys; not where the agent is away."""
        if self.kiosk.screens is None:
            return
        self.turn._wake.set()
        app = self.till.app
        await self.till.until(lambda: self.turn._holds, "its turn")
        await self.till.until(
            lambda: not any(worker.group == "turn" for worker in app.workers), "what goes on"
        )
        await self.till.until(lambda: not isinstance(app.screen, WaitingTurnScreen), "no cover")

    async def end(self) -> None:
        """End the UI; raises what it raised."""
        await self._stack.aclose()

    async def kill(self) -> str:
        """Kill the UI in the middle of what it does, and start another; return what is wrong.

        The agent hears no last word of it, and gives the next one its turn after a silence.
        """
        asking, session = self.till.app.kiosk.desk.asking, self.till.app.kiosk.desk.session
        is_told = self.kiosk.screens is not None and not self.turn._reported[2]
        nobody = session.staff is None and not asking.pending and is_told
        self.turn._name = ""
        await self.end()
        self.kiosk.opened.clock.advance(LEASE_MS / 1000)
        await self.start()
        went_on = self.till.app.kiosk.desk.session.staff
        return f"nobody was signed in, and {went_on} went on" if nobody and went_on else ""

    async def lose_turn(self) -> bool:
        """Have another screen take the turn and give it back; False where the agent is away."""
        screens, name = self.kiosk.screens, self.turn._name
        if screens is None:
            return False
        screens.report(_OTHER, ScreenReport(busy=False))
        screens.give(_OTHER, force=True)
        self.turn.heard(_OTHER)
        await self.till.until(lambda: self.turn.waits, "another's turn")
        self.till.burst(*_NOBODYS)
        taken = asyncio.Event()
        self.till.app.call_later(taken.set)
        await taken.wait()
        screens.end(_OTHER)
        self.turn.heard(name)
        await self.until_its_turn()
        return True


@asynccontextmanager
async def running_ui(kiosk: MonkeyKiosk) -> AsyncIterator[Uis]:
    """Run a UI, and whichever follows it."""
    uis = Uis(kiosk)
    await uis.start()
    try:
        yield uis
    finally:
        await uis.end()
