"""A host's first screen and its keyboard: a pseudo-terminal that the host has as /dev/tty1."""

import asyncio
import codecs
import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import Callable
from typing import Self

import pyte

COLUMNS, ROWS = 100, 30
_AGAIN_S = 0.05


class HostScreen:
    """Use as a context manager. It shows on while the host is off, as a monitor does."""

    def __init__(self) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self._screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._ours = -1
        self.device = ""
        """The device that the host's /dev/tty1 is."""
        self._shown = asyncio.Event()
        self._again: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._ours, hosts = pty.openpty()
        fcntl.ioctl(hosts, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.device = os.ttyname(hosts)
        os.close(hosts)
        os.set_blocking(self._ours, False)
        self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        if self._again is not None:
            self._again.cancel()
        asyncio.get_running_loop().remove_reader(self._ours)
        os.close(self._ours)

    @property
    def text(self) -> str:
        """What it shows now; trailing spaces are left out."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def wipe(self) -> None:
        """Clear it, so that only what comes is there."""
        self._screen.reset()

    def type(self, text: str) -> None:
        """Type, with a carriage return for Enter."""
        os.write(self._ours, text.encode())

    async def until(self, wanted: str, timeout_s: float = 60) -> str:
        """Wait until it shows what matches; return that. AssertionError says what it showed."""
        return await self._until(lambda: re.search(wanted, self.text), wanted, timeout_s)

    async def _until(
        self, found: Callable[[], re.Match[str] | None], what: str, timeout_s: float
    ) -> str:
        try:
            async with asyncio.timeout(timeout_s):
                while not (match := found()):
                    self._shown.clear()
                    await self._shown.wait()
                return match.group(0)
        except TimeoutError:
            raise AssertionError(f"the screen never showed {what!r}:\n{self.text}") from None

    def _listen(self) -> None:
        asyncio.get_running_loop().add_reader(self._ours, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._ours, 65536)
        except BlockingIOError:
            return
        except OSError:
            # The host hung the line up, and nobody has it open just now.
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._ours)
            self._again = loop.call_later(_AGAIN_S, self._listen)
            return
        self._stream.feed(self._decoder.decode(data))
        self._shown.set()
