"""The real agent's process with signed stock, and the real UI in a pseudo-terminal before it."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pyte
from aiohttp import web

from demo.terminal import Terminal
from kiosk_ui.other_codes import FOLLOWS_WITHIN_S
from tests.support.agent_process import CASHIER_PIN, KioskFolder, kiosk_folder
from tests.support.far_side import FarSide, event
from tests.support.tickets import Signer

ASKS_PIN = "Who is at this kiosk?"


@dataclass
class SigningFarSide(FarSide):
    """A far side whose tickets are really signed."""

    signer: Signer = field(default_factory=Signer)

    def __post_init__(self) -> None:
        super().__init__()
        self.catalogue["events"] = [event(event_no=7, name="Tide & Timber")]
        self.keys = [self.signer.verify_key().to_json()]

    def _allotment(self, asked: dict[str, Any]) -> web.Response:
        answer = super()._allotment(asked)
        granted = self.allotments[asked["request_id"]]
        for ticket in granted["tickets"]:
            ticket["code"] = self.signer.code(ticket["serial"])
        return web.json_response(granted, status=answer.status)


@dataclass
class RealKiosk:
    """Where a kiosk's agent and UI run; the agent is started and killed by the test."""

    far: SigningFarSide
    folder: KioskFolder
    screens: Path

    names: Iterator[str] = field(default_factory=lambda: (f"kiosk{n or ''}" for n in count()))
    """Of the screens' recordings, one after the other."""

    @property
    def cast(self) -> Path:
        """The file that has all that the first UI sent to its terminal."""
        return self.screens / "kiosk.cast"

    @asynccontextmanager
    async def screen(self, *program: str) -> AsyncIterator[Terminal]:
        """Run the UI, or a program that runs it, in a pseudo-terminal of 80x24."""
        argv = [sys.executable, *(program or ("-m", "kiosk_ui"))]
        argv += ["--socket", str(self.folder.ui_socket), "--gate", "North"]
        name = next(self.names)
        async with Terminal(argv, name=name, cast=self.screens / f"{name}.cast") as terminal:
            yield terminal

    def turn(self, name: str) -> AbstractAsyncContextManager[Terminal]:
        """Run the UI as a screen of this name, which takes turns with others."""
        return self.screen("-m", "kiosk_ui", "--screen", name)

    def sent(self) -> str:
        """Return all that the UI has sent, after its terminal was closed."""
        return "".join(self._outputs())

    def pictures(self) -> list[str]:
        """Return every picture that the terminal showed, after it was closed."""
        screen = pyte.Screen(80, 24)
        stream = pyte.Stream(screen)
        shown = []
        for text in self._outputs():
            stream.feed(text)
            shown.append("\n".join(screen.display))
        return shown

    def _outputs(self) -> list[str]:
        events = [json.loads(line) for line in self.cast.read_text().splitlines()[1:]]
        return [text for _, kind, text in events if kind == "o"]


@asynccontextmanager
async def real_kiosk(screens: Path) -> AsyncIterator[RealKiosk]:
    """Make the far side and the folder of a kiosk."""
    async with SigningFarSide() as far:
        with kiosk_folder(far.url) as folder:
            yield RealKiosk(far, folder, screens)


async def sign_in(terminal: Terminal, left: int = 40) -> None:
    """Sign the cashier in, open the shift, and wait until so much stock is there."""
    await terminal.wait_for(ASKS_PIN, 60)
    terminal.type(CASHIER_PIN)
    terminal.press("enter")
    await terminal.wait_for("Count the drawer", 60)
    terminal.type("100")
    terminal.press("enter")
    await terminal.wait_for("shift opened recorded", 60)
    await terminal.wait_for(f"{left} left to sell", 60)


async def keys_by_themselves() -> None:
    """Wait until a key is a person's: what comes at once behind a scan is its scanner's."""
    await asyncio.sleep(2 * FOLLOWS_WITHIN_S)


async def sell_one(terminal: Terminal) -> str:
    """Sell one ticket for exact cash, typed at once; return the code that its QR code holds."""
    terminal.press("f2")
    terminal.type("1")
    terminal.press("enter", "enter")
    await terminal.wait_for("Ticket 1 of 1", 60)
    return await terminal.read_qr(60)


async def goes_on(terminal: Terminal, *, knows_who: bool) -> None:
    """Wait until a UI that found a sale of one before it says so: no other's picture does.

    Who is signed in is in the agent's memory alone: where that ended with the screen between two
    UIs, the next one asks for the PIN, in the same shift.
    """
    done = "Done here just now: sale"
    if not knows_who:
        shown = await terminal.wait_for(re.compile(f"{done}|{re.escape(ASKS_PIN)}"), 60)
        if shown == ASKS_PIN:
            await sign_in_again(terminal)
    await terminal.wait_for(done, 60)


async def sign_in_again(terminal: Terminal) -> None:
    """Sign the cashier in where their shift is open, once a PIN is asked for."""
    await terminal.wait_for(ASKS_PIN, 60)
    terminal.type(CASHIER_PIN)
    terminal.press("enter")
    await terminal.wait_for("F3 admit", 60)
