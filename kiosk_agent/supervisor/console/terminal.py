"""The terminal that people stand in front of."""

import asyncio
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

_TAKEN: Final = "\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1003h\x1b[?1015h\x1b[?1006h\x1b[?2004h"
"""What Textual asks of a terminal when it starts: the UI asked before anybody was attached."""
_GIVEN_BACK: Final = "\x1b[?2004l\x1b[?1006l\x1b[?1015l\x1b[?1003l\x1b[?1000l\x1b[?25h\x1b[?1049l"
_EMPTY: Final = "\x1b[0m\x1b[2J\x1b[H"
_BROKEN_OFF: Final = "\x18\x1b[?2026l\x1b[<u"
"""Ends what somebody else was in the middle of writing: a sequence, a picture; kitty's keys."""
_NEXT: Final = "\r\n"
_CHUNK: Final = 65_536


class Terminal:
    """One terminal, in raw mode inside `raw_terminal`."""

    def __init__(self, reading: int, writing: int, gone: Callable[[], None]) -> None:
        self._in, self._out, self._gone = reading, writing, gone
        self.typed: Callable[[bytes], None] = _nobody
        """Takes what is typed; replaced by whoever reads it."""
        self.resized: Callable[[], None] = _nothing
        """Called when the terminal's size has changed."""

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows. Raises OSError where the terminal is gone."""
        size = os.get_terminal_size(self._out)
        return size.columns, size.lines

    def write(self, data: bytes) -> None:
        """Write all of it."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._out, view) :]

    def say(self, *lines: str) -> None:
        """Show nothing but these lines, in the middle."""
        columns, rows = self.size
        top = max(0, (rows - len(lines)) // 2)
        text = _NEXT * top + "".join(line.center(columns).rstrip() + _NEXT for line in lines)
        self.write(f"{_TAKEN}{_EMPTY}{text}".encode())

    def clear(self) -> None:
        """Make the terminal ready for a UI that is to paint all of it."""
        self.write(f"{_TAKEN}{_EMPTY}".encode())

    def list(self, lines: Sequence[str]) -> None:
        """Show nothing but these lines, from the top."""
        columns, rows = self.size
        text = _NEXT.join(line[: columns - 1] for line in lines[:rows])
        self.write(f"{_BROKEN_OFF}{_TAKEN}{_EMPTY}{text}".encode())

    def size_changed(self) -> None:
        """Tell whoever shows something; the event loop calls it."""
        self.resized()

    def read(self) -> None:
        """Hand on what was typed; the event loop calls it."""
        try:
            data = os.read(self._in, _CHUNK)
        except OSError:
            data = b""
        if data:
            self.typed(data)
        else:
            asyncio.get_running_loop().remove_reader(self._in)
            self._gone()


@contextmanager
def own_terminal() -> Iterator[Terminal]:
    """Take standard input and output, which are one terminal; see `raw_terminal`."""
    loop = asyncio.get_running_loop()
    with raw_terminal(sys.stdin.fileno(), sys.stdout.fileno(), _end_us) as terminal:
        loop.add_signal_handler(signal.SIGWINCH, terminal.size_changed)
        try:
            yield terminal
        finally:
            loop.remove_signal_handler(signal.SIGWINCH)


@contextmanager
def raw_terminal(reading: int, writing: int, gone: Callable[[], None]) -> Iterator[Terminal]:
    """Take a terminal, every key of it; give it back as it was. `gone` is called when it ends."""
    terminal = Terminal(reading, writing, gone)
    before = termios.tcgetattr(reading)
    loop = asyncio.get_running_loop()
    tty.setraw(reading)
    loop.add_reader(reading, terminal.read)
    try:
        yield terminal
    finally:
        loop.remove_reader(reading)
        with suppress(OSError, termios.error):
            # It may be gone, or its other end may be.
            terminal.write(_GIVEN_BACK.encode())
            termios.tcsetattr(reading, termios.TCSANOW, before)


def _end_us() -> None:
    """End: whoever supervises this program starts it anew, with a terminal."""
    os.kill(os.getpid(), signal.SIGTERM)


def _nobody(_: bytes) -> None:
    """Drop what is typed while nobody is there to take it."""


def _nothing() -> None:
    """Do nothing about a size that nobody looks at."""
