"""A terminal that is lent to us through a socket, and what its lender says of it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kiosk_agent.supervisor.console.display.stage import Stage

LENT = b"t"
RESIZED = b"w"
_MOST_FDS = 1


class NotLentError(Exception):
    """Whoever asked to lend a terminal did not."""


@asynccontextmanager
async def borrowing(stage: Stage) -> AsyncIterator["Borrower"]:
    """Listen for a lender, in a folder that only root writes to."""
    stage.socket.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.settimeout(0)
        listening.bind(str(stage.socket))
        listening.listen(1)
        if identity := stage.identity():
            os.chown(stage.socket, 0, identity["group"])
        stage.socket.chmod(0o660)
        borrower = Borrower(listening)
        try:
            yield borrower
        finally:
            borrower.close()
            stage.socket.unlink(missing_ok=True)


class Borrower:
    """Takes one terminal."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening
        self._lender: socket.socket | None = None
        self._terminal = -1

    async def borrow(self) -> int:
        """Return the terminal as soon as it is lent. Raises NotLentError."""
        loop = asyncio.get_running_loop()
        self._lender, _ = await loop.sock_accept(self._listening)
        while self._terminal < 0:
            await _readable(self._lender)
            data, fds, _, _ = socket.recv_fds(self._lender, 1, _MOST_FDS)
            if fds:
                self._terminal = fds[0]
            elif not data:
                raise NotLentError("it ended before it lent its terminal")
        if not os.isatty(self._terminal):
            raise NotLentError("what it lent is no terminal")
        return self._terminal

    async def follow(self, resized: Callable[[], None]) -> None:
        """Call `resized` each time the terminal's size has changed, until its lender ends."""
        loop = asyncio.get_running_loop()
        while self._lender is not None and await loop.sock_recv(self._lender, 1):
            resized()

    def close(self) -> None:
        """Give the terminal back: its lender ends, and with it the full-screen terminal."""
        if self._terminal >= 0:
            os.close(self._terminal)
            self._terminal = -1
        if self._lender is not None:
            self._lender.close()


async def _readable(one: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(one, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(one)
