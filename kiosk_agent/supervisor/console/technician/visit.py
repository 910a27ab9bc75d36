"""A technician's visit to the console: PIN, report, back to the kiosk."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from kiosk_agent.supervisor.console.technician.asking import NotAnsweredError, PinAnswer
from kiosk_agent.supervisor.console.technician.keys import keys_in
from kiosk_agent.supervisor.console.technician.pages import Pages, plain_lines
from kiosk_texts import tr

_MOST_TYPED: Final = 12
_FRAME_ROWS: Final = 2
"""Below a report: an empty row, and how to go on."""
PIN_S: Final = 60.0
READ_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Office:
    """Whom a visit asks, and where it shows what."""

    show: Callable[[Sequence[str]], None]
    """Shows lines from the top of an empty screen."""
    size: Callable[[], tuple[int, int]]
    """Columns and rows."""
    check_pin: Callable[[str], Awaitable[PinAnswer]]
    examine: Callable[[], Awaitable[str]]
    pin_s: float = PIN_S
    """So long without a key, and the kiosk comes back while a PIN is asked for."""
    read_s: float = READ_S
    """The same while a report is read."""


class Visit:
    """`typed` takes what is typed; `run` ends when the kiosk is to come back."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._shown: Callable[[], None] = _nothing

    def typed(self, data: bytes) -> None:
        """Take what was typed."""
        for key in keys_in(data):
            self._keys.put_nowait(key)

    def repaint(self) -> None:
        """Show the same again, as large as the terminal is now."""
        self._shown()

    async def run(self) -> None:
        """Ask for the PIN and show the report until somebody goes, or nobody is there."""
        try:
            if await self._asked_for_pin():
                await self._report()
        except TimeoutError:
            # Nobody is there any more.
            return

    async def _key(self, within_s: float) -> str:
        async with asyncio.timeout(within_s):
            return await self._keys.get()

    async def _asked_for_pin(self) -> bool:
        pin = ""
        words: tuple[str, ...] = ()
        while True:
            self._say(f"{tr('Technician: PIN')} {'*' * len(pin)}", "", *words)
            match await self._key(self._office.pin_s):
                case "escape":
                    return False
                case "backspace":
                    pin = pin[:-1]
                case "enter" if pin:
                    self._say(tr("Checking the PIN…"))
                    answer = await self._checked(pin)
                    if answer.let_in:
                        return True
                    pin, words = "", answer.words
                    self._forget_keys()
                case key if len(key) == 1 and len(pin) < _MOST_TYPED:
                    pin, words = pin + key, ()

    def _forget_keys(self) -> None:
        while not self._keys.empty():
            self._keys.get_nowait()

    async def _checked(self, pin: str) -> PinAnswer:
        try:
            return await self._office.check_pin(pin)
        except NotAnsweredError as error:
            why = tr("Nobody can be asked whose PIN it is: {why}", why=error)
            how = tr("Log in on the next screen: Ctrl+Alt+F2.")
            return PinAnswer(let_in=False, words=(why, how))

    def _say(self, *lines: str) -> None:
        shown = ["", *lines, "", tr("Enter: go on · Esc: back to the kiosk")]
        self._shown = lambda: self._office.show(shown)
        self._shown()

    async def _report(self) -> None:
        while await self._read(await self._examined()):
            pass

    async def _examined(self) -> Pages | None:
        """Return the report; None where somebody went before it was there."""
        lines = ["", tr("Examining this kiosk…"), ""]
        lines.append(tr("This takes up to a minute. The kiosk goes on behind this."))
        self._shown = lambda: self._office.show(lines)
        self._shown()
        examining = asyncio.ensure_future(self._office.examine())
        try:
            while not examining.done():
                key = asyncio.create_task(self._keys.get())
                await asyncio.wait({examining, key}, return_when=asyncio.FIRST_COMPLETED)
                if key.done() and key.result() == "escape":
                    return None
                key.cancel()
            return Pages(plain_lines(examining.result()))
        except NotAnsweredError as error:
            return Pages((tr("The report could not be made: {why}", why=error),))
        finally:
            examining.cancel()

    async def _read(self, pages: Pages | None) -> bool:
        """Let a report be read; return whether it is to be made anew."""
        while pages is not None:
            shown = pages
            self._shown = lambda shown=shown: self._paint(shown)  # type: ignore[misc]
            self._shown()
            columns, rows = self._page_size()
            match await self._key(self._office.read_s):
                case "escape":
                    return False
                case "r" | "R":
                    return True
                case "up":
                    pages = pages.moved(-1, columns, rows)
                case "down":
                    pages = pages.moved(1, columns, rows)
                case "pageup":
                    pages = pages.moved(-rows, columns, rows)
                case "pagedown":
                    pages = pages.moved(rows, columns, rows)
                case _:
                    pass
        return False

    def _page_size(self) -> tuple[int, int]:
        columns, rows = self._office.size()
        return columns, max(1, rows - _FRAME_ROWS - 1)

    def _paint(self, pages: Pages) -> None:
        columns, rows = self._page_size()
        lines, top, count = pages.shown(columns, rows)
        values = {"first": top + 1, "last": top + len(lines), "all": count}
        where = tr("Lines {first} to {last} of {all}", **values)
        keys = tr("Arrows, page keys: read on · R: anew · Esc: back to the kiosk")
        self._office.show([*lines, *[""] * (rows - len(lines)), where, keys])


def _nothing() -> None:
    """Show nothing: nothing was shown before."""
