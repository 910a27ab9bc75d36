"""A program in a pseudo-terminal, and when its pictures came: from a key written to a picture read.

Blocking: a benchmark runs it in a thread of its own.
"""

import codecs
import os
import select
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Final

import pyte
from ptyprocess import PtyProcess

from demo.terminal import KEYS

COLUMNS: Final = 80
ROWS: Final = 24
_CHUNK: Final = 65536
_FRAME_BEGINS: Final = "\x1b[?2026h"
_FRAME_ENDS: Final = "\x1b[?2026l"
_FRAMES_ASKED: Final = "\x1b[?2026$p"
_FRAMES_KNOWN: Final = b"\x1b[?2026;2$y"
_PATIENCE_S: Final = 60.0
_ENVIRONMENT: Final = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "LANG": "C.UTF-8",
    "TEXTUAL_ANIMATIONS": "none",
}


class NotShownError(Exception):
    """The screen did not come to show what was waited for; the message has what it showed."""


class PtyScreen:
    """The screen of one program. Times are seconds of `perf_counter`."""

    def __init__(self, process: PtyProcess, began: float) -> None:
        self.began = began
        """When the process was about to be started."""
        self._process = process
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self._screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        self._came = began

    @property
    def pid(self) -> int:
        """The program's process id."""
        return int(self._process.pid)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def send(self, *typed: str) -> float:
        """Write texts or named keys at once, as a scanner does; return when that began."""
        view = memoryview("".join(KEYS.get(one, one) for one in typed).encode())
        began = perf_counter()
        while view:
            view = view[os.write(self._process.fd, view) :]
        return began

    def until(self, shown: Callable[[str], object], what: str) -> float:
        """Wait for a picture; return when the last of its bytes was read. Raises NotShownError."""
        give_up = perf_counter() + _PATIENCE_S
        while not shown(self.text):
            self._next_picture(what, give_up)
        return self._came

    def shows(self, words: str) -> float:
        """Wait until the screen shows these words; return when the last byte of them was read."""
        return self.until(lambda text: words in text, repr(words))

    def _next_picture(self, what: str, give_up: float) -> None:
        while True:
            data = self._read(give_up)
            came = perf_counter()
            if not data:
                raise NotShownError(f"{what} was not shown; the screen:\n{self.text}")
            self._held += self._decoder.decode(data)
            if _FRAMES_ASKED in self._held:
                self._held = self._held.replace(_FRAMES_ASKED, "")
                os.write(self._process.fd, _FRAMES_KNOWN)
            # Half a picture is not shown, as in any terminal that knows where one ends.
            if self._held.rfind(_FRAME_BEGINS) <= self._held.rfind(_FRAME_ENDS):
                self._stream.feed(self._held)
                self._held, self._came = "", came
                return

    def _read(self, give_up: float) -> bytes:
        left = give_up - perf_counter()
        if left <= 0 or not select.select([self._process.fd], [], [], left)[0]:
            return b""
        try:
            return os.read(self._process.fd, _CHUNK)
        except OSError:
            # Linux answers EIO once the last process has left a pseudo-terminal.
            return b""


@contextmanager
def pty_screen(argv: Sequence[str]) -> Iterator[PtyScreen]:
    """Start a program in a pseudo-terminal of 80x24; end it when this is left."""
    plain = {key: value for key, value in os.environ.items() if key not in {"LINES", "COLUMNS"}}
    began = perf_counter()
    process = PtyProcess.spawn(
        list(argv), env={**plain, **_ENVIRONMENT}, dimensions=(ROWS, COLUMNS)
    )
    process.delayafterclose = 0
    try:
        yield PtyScreen(process, began)
    finally:
        # It keeps nothing that an orderly end would save, and nobody reads its last words.
        process.kill(signal.SIGKILL)
        process.wait()
        process.close()
