"""A real pseudo-terminal with a program in it, worked by keystrokes and read by its screen."""

import asyncio
import codecs
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Self, TypeVar

import pyte
from ptyprocess import PtyProcess

from demo.casting import CastFile
from demo.qr_reader import read_qr

KEYS: Final[Mapping[str, str]] = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f4": "\x1bOS",
    "f5": "\x1b[15~",
    "f6": "\x1b[17~",
    "f7": "\x1b[18~",
    "f8": "\x1b[19~",
    "f9": "\x1b[20~",
    "f10": "\x1b[21~",
    "f12": "\x1b[24~",
}
"""What xterm sends for a key."""

_CHUNK: Final = 65536
_FRAME_BEGINS: Final = "\x1b[?2026h"
_FRAME_ENDS: Final = "\x1b[?2026l"
_FRAMES_ASKED: Final = "\x1b[?2026$p"
_FRAMES_KNOWN: Final = "\x1b[?2026;2$y"
"""Synchronised output: a program that is told of it sends each picture between two marks."""
_PART_OF_MARK: Final = re.compile(r"\x1b(\[(\?(2(0(26?)?)?)?)?)?$")
T = TypeVar("T")


class ScreenError(Exception):
    """The screen did not show what was waited for; the message carries what it showed."""


class Terminal:
    """A program in a pseudo-terminal: `type`, `press`, `scan`; `wait_for` what it shows.

    All output goes to the cast file and to a live screen. Like a good terminal it knows
    synchronised output, so neither ever has half a picture. Use as an async context manager;
    leaving it ends the program with SIGTERM, then SIGKILL.
    """

    def __init__(  # noqa: PLR0913  a terminal has these
        self,
        argv: Sequence[str],
        *,
        name: str,
        cast: Path,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self._argv = list(argv)
        self._env = {
            **{key: value for key, value in os.environ.items() if key not in {"LINES", "COLUMNS"}},
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "TEXTUAL_ANIMATIONS": "none",
            **(env or {}),
        }
        self._cwd = cwd
        self._size = (columns, rows)
        self._cast = CastFile(cast, title=name, columns=columns, rows=rows)
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self._screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        """The beginning of a picture whose end has not come yet."""
        self._waiting: set[asyncio.Future[None]] = set()
        self._process: PtyProcess | None = None
        self._ended = asyncio.Event()

    async def __aenter__(self) -> Self:
        columns, rows = self._size
        self._process = PtyProcess.spawn(
            self._argv, cwd=self._cwd, env=self._env, dimensions=(rows, columns)
        )
        os.set_blocking(self._process.fd, False)
        asyncio.get_running_loop().add_reader(self._process.fd, self._on_output)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def pid(self) -> int:
        """The program's process id."""
        return int(self._running().pid)

    @property
    def lines(self) -> list[str]:
        """What the screen shows now, one text a row."""
        return list(self._screen.display)

    @property
    def text(self) -> str:
        """What the screen shows now, as one text; trailing spaces are left out."""
        return "\n".join(line.rstrip() for line in self.lines)

    def type(self, text: str) -> None:
        """Type `text` as a person does, character by character, without Enter."""
        for char in text:
            self._send(char)

    def press(self, *keys: str) -> None:
        """Press named keys (see KEYS), one after the other."""
        for key in keys:
            self._send(KEYS[key])

    def scan(self, code: str) -> None:
        """Do what a keyboard scanner does: all characters at once, then Enter."""
        self._send(code + KEYS["enter"])

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        self._screen.resize(rows, columns)
        self._running().setwinsize(rows, columns)
        self._cast.resize(columns, rows)

    async def wait_for(self, wanted: str | re.Pattern[str], timeout_s: float = 20) -> str:
        """Wait until the screen shows `wanted`; return the text that matched.

        Raises ScreenError after `timeout_s`, or as soon as the program has ended.
        """
        pattern = re.compile(re.escape(wanted)) if isinstance(wanted, str) else wanted
        found = await self.wait_until(
            lambda: pattern.search(self.text), f"“{pattern.pattern}”", timeout_s
        )
        return found.group(0)

    async def wait_until(
        self, condition: Callable[[], T | None], what: str, timeout_s: float = 20
    ) -> T:
        """Wait until `condition` gives something true of the screen; return that.

        It is asked again after each piece of output. Raises ScreenError naming `what`.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not (found := condition()):
                    if self._ended.is_set():
                        raise ScreenError(self._complaint(what, "the program ended"))
                    await self.next_output()
                return found
        except TimeoutError:
            raise ScreenError(self._complaint(what, f"not within {timeout_s:g} s")) from None

    async def next_output(self) -> None:
        """Wait until the program has shown something more, or has ended."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)

    async def read_qr(self, timeout_s: float = 20) -> str:
        """Wait for a QR code on the screen and return its text, as a scanner would read it."""
        return await self.wait_until(lambda: read_qr(self.lines), "a QR code", timeout_s)

    async def close(self, patience_s: float = 5) -> None:
        """End the program and keep what it still shows. May be called twice."""
        if self._process is None:
            return
        process = self._process
        for ending in (signal.SIGTERM, signal.SIGKILL):
            if not self._ended.is_set():
                process.kill(ending)
            try:
                async with asyncio.timeout(patience_s):
                    await self._ended.wait()
                break
            except TimeoutError:
                continue
        self._end()
        self._process = None
        process.delayafterclose = 0
        process.close(force=True)
        self._cast.close()

    def _running(self) -> PtyProcess:
        if self._process is None:
            msg = f"the terminal {self.name} is not open"
            raise ScreenError(msg)
        return self._process

    def _send(self, text: str) -> None:
        view = memoryview(text.encode())
        while view:
            view = view[os.write(self._running().fd, view) :]

    def _on_output(self) -> None:
        try:
            data = os.read(self._running().fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            # Linux answers EIO once the last process has left a pseudo-terminal.
            data = b""
        if not data:
            self._end()
            return
        self._held += self._decoder.decode(data)
        if _FRAMES_ASKED in self._held:
            self._held = self._held.replace(_FRAMES_ASKED, "")
            self._send(_FRAMES_KNOWN)
        self._show(_whole(self._held))

    def _show(self, length: int) -> None:
        """Show so many characters of what is held, and tell those who wait."""
        text, self._held = self._held[:length], self._held[length:]
        if text:
            self._cast.output(text)
            self._stream.feed(text)
            self._tell()

    def _end(self) -> None:
        self._show(len(self._held))
        if self._process is not None:
            asyncio.get_running_loop().remove_reader(self._process.fd)
        self._ended.set()
        self._tell()

    def _tell(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def _complaint(self, what: str, why: str) -> str:
        edge = "-" * self._size[0]
        return f"{self.name} did not show {what}: {why}. Its screen:\n{edge}\n{self.text}\n{edge}"


def _whole(text: str) -> int:
    """Return how much of `text` is whole pictures: all but one that has begun and not ended."""
    begins = text.rfind(_FRAME_BEGINS)
    if begins > text.rfind(_FRAME_ENDS):
        return begins
    cut = _PART_OF_MARK.search(text)
    return cut.start() if cut else len(text)


def python_module(module: str, *args: str) -> list[str]:
    """Return the command that runs a module of this repository with this Python."""
    return [sys.executable, "-m", module, *args]
