"""Works the kiosk's app as a person does, with the stand-in agent behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from kiosk_texts import ENGLISH
from kiosk_ui.app import KioskApp
from kiosk_ui.clock import Clock, SystemClock
from kiosk_ui.kiosk import Kiosk
from kiosk_ui.looks import Look
from kiosk_ui.notices import Tone
from kiosk_ui.places import Place
from kiosk_ui.settings import UiSettings
from kiosk_ui.widgets.pad.pad import Pad
from tests.support.clock import FakeClock
from tests.support.ui_agent import FIXED_NOW, UiAgent, pin_of
from tests.support.ui_pace import AT_ONCE_S, PERSON_S, SCANNER_S, KeyboardClock, now

_NAMED = {
    "space": " ",
    "ctrl+right_square_bracket": "\x1d",
    "enter": "\r",
    "ctrl+j": "\n",
    "tab": "\t",
    "backspace": "\x7f",
    "escape": "\x1b",
}


LONGEST_WAIT_S: Final = 60.0
"""After so long nothing comes any more, on a busy machine either."""
_PATIENCE_S: Final = 600.0


class StandingClock(SystemClock):
    """A clock that stands still, in UTC."""

    def __init__(self) -> None:
        super().__init__(UTC)

    def now(self) -> datetime:
        """Return the one moment."""
        return self.local(FIXED_NOW)


class AgentClock(SystemClock):
    """The clock of a real agent under test: both see the host's."""

    def __init__(self, clock: FakeClock, zone: tzinfo = UTC) -> None:
        super().__init__(zone)
        self._clock = clock

    def now(self) -> datetime:
        """Return the agent's moment."""
        return self.local(self._clock.now())

    def boottime_ms(self) -> int:
        """Return the agent's."""
        return self._clock.boottime_ms()


class PilotedApp(KioskApp):
    """The app under a pilot, which shuts it down without ending it first."""

    async def _shutdown(self) -> None:
        # As where it ends by itself: no answer must find a screen that has lost its parts.
        self.workers.cancel_all()
        await super()._shutdown()


def kiosk_app(
    socket_path: Path,
    clock: Clock | None = None,
    look: Look = Look.STANDARD,
    locale: str = ENGLISH.tag,
    *,
    touch: bool = False,
) -> KioskApp:
    """Return the app as tests run it: its clock stands still, unless another is given."""
    settings = UiSettings(socket=socket_path, look=look, locale=locale, touch=touch)
    return app_of(settings, clock or StandingClock())


def app_of(settings: UiSettings, clock: Clock) -> KioskApp:
    """Return the app with its programs read already."""

    def make(app: KioskApp) -> Kiosk:
        kiosk = Kiosk(app, settings)
        # The clock by which a test's agent would say that it lives stands still, and an answer that
        # a test holds back is late: neither is an agent that hangs, however slow the machine is.
        kiosk.desk.client._silence_s = kiosk.desk.client._timeout_s = _PATIENCE_S
        return kiosk

    return PilotedApp(settings, lambda: make, clock)


@dataclass
class Till:
    """The app under a pilot."""

    app: KioskApp
    pilot: Pilot[None]
    keyboard: KeyboardClock = field(default_factory=KeyboardClock)
    scanned_until: float = 0
    """When the last key of a scan came, by the scanner's clock: it may be ahead of the others."""

    async def until(self, condition: Callable[[], object], what: str = "the condition") -> None:
        """Wait until the app is in a state; the test's own timeout ends a wait for ever."""
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                await self.app.ready.wait()
                while not condition():
                    await self.pilot.pause(0.005)
        except TimeoutError:
            msg = f"never came to {what}; the screen shows:\n{self.text}"
            raise AssertionError(msg) from None
        await self.pilot.pause()

    async def at(self, place: Place) -> None:
        """Wait until a screen is shown and its calls are answered."""
        await self.until(lambda: self.app.kiosk.place is place and self.settled, place.value)

    async def says(self, words: str) -> None:
        """Wait until the screen shows these words."""
        await self.until(lambda: words in self.text, repr(words))

    async def at_rest(self) -> None:
        """Wait until no act waits for its answer, and what the screens read has come."""
        app = self.app
        await self.until(
            lambda: self.settled and all(one.node is app for one in app.workers), "rest"
        )

    @property
    def settled(self) -> bool:
        """Whether no act waits for its answer."""
        return not self.app.kiosk.desk.asking.pending

    @property
    def text(self) -> str:
        """What the screen shows, as one text."""
        size = self.app.size
        strips = self.app.screen._compositor.render_strips(size)
        return "\n".join(strip.text.rstrip() for strip in strips)

    @property
    def headline(self) -> str:
        """What the message line says."""
        return self.app.kiosk.notice.headline if self.app.kiosk.notice is not None else ""

    @property
    def tone(self) -> Tone | None:
        """What kind of answer the message line holds."""
        return self.app.kiosk.notice.tone if self.app.kiosk.notice is not None else None

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, at a person's pace; each is handled when this returns.

        `wait:100` is no key, but a tenth of a second in which none comes.
        """
        await self.app.ready.wait()
        self.keyboard.go_on(PERSON_S)
        with self.keyboard.a_person_types(self.app):
            for key in keys:
                if key.startswith("wait:"):
                    self.keyboard.after(int(key.removeprefix("wait:")) / 1000)
                await self.pilot.press(key)
        await self.all_typed()

    async def all_typed(self) -> None:
        """Wait until all keys have been handled."""
        try:
            async with asyncio.timeout(60):
                await self.app.kiosk.all_typed()
        except TimeoutError:
            msg = f"keys were left over; the screen shows:\n{self.text}"
            raise AssertionError(msg) from None

    async def click(self, words: str, *, last: bool = False) -> None:
        """Click where the screen shows these words, the first or the last time."""
        await self.says(words)
        found = [(y, line.find(words)) for y, line in enumerate(self.text.split("\n"))]
        hits = [(x + 1, y) for y, x in found if x >= 0]
        await self.touch(*hits[-1 if last else 0])

    async def touch(self, x: int, y: int) -> None:
        """Touch a place of the screen; what it leads to has been handled when this returns."""
        await self.app.ready.wait()
        self.finger(x, y)
        forwarded = asyncio.Event()
        self.app.call_later(forwarded.set)
        await forwarded.wait()
        await self.pilot.pause()
        await self.all_typed()

    def finger(self, x: int, y: int) -> None:
        """Put a finger on the screen and take it off, as a terminal tells it.

        The pilot's clicks go past the app, which has to know of them.
        """
        no = False
        for kind in (events.MouseDown, events.MouseUp):
            self.app.post_message(kind(None, x, y, 0, 0, 1, no, no, no, x, y))

    async def tap(self, text: str = "", *keys: str) -> None:
        """Type on the pad of the screen: a text, then keys by their names, such as `enter`."""
        for character in text:
            if character.isupper():
                await self._tap_key("shift")
            await self._tap_key(key_name_of(character))
        for key in keys:
            await self._tap_key(key)

    async def _tap_key(self, press: str) -> None:
        await self.until(lambda: press in self.pad(), f"a pad with {press!r}")
        await self.touch(*self.pad()[press])

    def pad(self) -> dict[str, tuple[int, int]]:
        """Return where each key of the pad that is shown can be touched, by what it presses."""
        found: dict[str, list[tuple[int, int]]] = {}
        for pad in self.app.screen.query(Pad):
            for y in range(pad.size.height):
                for x in range(pad.size.width):
                    key = pad._key_at(x, y)
                    if key is not None and key.press:
                        at = (pad.region.x + x, pad.region.y + y)
                        found.setdefault(key.press, []).append(at)
        return {press: places[len(places) // 2] for press, places in found.items()}

    def burst(self, *keys: str) -> None:
        """Send keys all at once, as a scanner or a very fast cashier does."""
        self.keyboard.go_on(AT_ONCE_S)
        for key in keys:
            event = key_event(key)
            event.time = self.keyboard.after(AT_ONCE_S)
            self.app.post_message(event)

    def scan(self, code: str, *, later_s: float = 1.5) -> None:
        """Scan a code, at least so many seconds later than the last one by the scanner's clock."""
        self._scan(code, max(now(), self.keyboard.at, self.scanned_until) + later_s)

    def scan_soon(self, code: str, later_s: float) -> None:
        """Scan a code just so much later than what came before, however long a test has waited."""
        self._scan(code, max(self.keyboard.at, self.scanned_until) + later_s)

    def _scan(self, code: str, began: float) -> None:
        for number, key in enumerate((*code, "enter")):
            event = key_event(key)
            event.time = self.scanned_until = began + SCANNER_S * number
            self.app.post_message(event)

    async def sign_in(self, name: str = "Ana Cashier", opening_float: str = "100") -> None:
        """Sign in and open a shift."""
        await self.says("PIN")
        await self.press(*pin_of(name), "enter")
        await self.until(lambda: self.app.kiosk.place is not Place.SIGN_IN, "signed in")
        if self.app.kiosk.place is Place.OPENING_FLOAT:
            await self.press(*opening_float, "enter")
        await self.at(Place.EVENTS)
        await self.says("Harbour Lights")

    async def open_sale(self) -> None:
        """Go from Events to Sell."""
        await self.press("f2")
        await self.at(Place.SELL)
        await self.says("Adult")

    async def sell(self, quantity: str = "1") -> list[str]:
        """Sell for exact cash; return the ticket codes, with their screen still shown."""
        await self.open_sale()
        await self.press(quantity, "enter", "enter")
        await self.at(Place.TICKET)
        sale = self.app.kiosk.desk.session.sale
        return [ticket.code for ticket in sale.tickets] if sale is not None else []


@asynccontextmanager
async def open_till(
    agent: UiAgent, *, size: tuple[int, int] = (80, 24), app: KioskApp | None = None
) -> AsyncIterator[Till]:
    """Run the app against an agent."""
    app = app or kiosk_app(agent.socket_path)
    async with app.run_test(size=size) as pilot:
        till = Till(app, pilot)
        await app.ready.wait()
        try:
            yield till
        finally:
            for held in agent.faults.hold_back.values():
                held.set()


@asynccontextmanager
async def open_at(
    folder: Path, clock: Clock | None = None, *, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Till]:
    """Run the app at the agent whose socket is in a folder; it asks for a PIN."""
    app = kiosk_app(folder / "ui.sock", clock)
    async with app.run_test(size=size) as pilot:
        till = Till(app, pilot)
        await till.says("PIN")
        yield till


def key_event(key: str) -> events.Key:
    character = _NAMED.get(key, key if len(key) == 1 else None)
    return events.Key(key, character)


def key_name_of(character: str) -> str:
    """Return what Textual calls the key of a character."""
    return _character_to_key(character)


def asked(agent: UiAgent, what: str) -> int:
    """Return how often the agent was asked `METHOD /path`."""
    return agent.requests.count(what)


def of_kind(agent: UiAgent, kind: str) -> Iterable[str]:
    """Return the txn_ids of a kind on the agent's record."""
    return [row["txn_id"] for row in agent.books.rows if row["kind"] == kind]
