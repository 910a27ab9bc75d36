"""What systemd is to a service: it is told how the service is, and watches over it."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from tests.support.agent_process import AgentProcess


class Listener:
    """The service manager's end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # noqa: FBT003
        self._socket.bind(address.replace("@", "\0", 1))

    async def next(self) -> str:
        """Return the next message."""
        return (await asyncio.get_running_loop().sock_recv(self._socket, 4096)).decode()

    def left(self) -> list[str]:
        """Return the messages that came meanwhile."""
        messages = []
        while True:
            try:
                messages.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return messages

    def variables(self, watchdog_s: float) -> dict[str, str]:
        """Return what a service with WatchdogSec= is started with."""
        return {
            "NOTIFY_SOCKET": self.address,
            "WATCHDOG_USEC": str(int(watchdog_s * 1_000_000)),
        }

    async def watch_over(self, service: AgentProcess, watchdog_s: float) -> int:
        """Wait until it was silent for its time, and end it as systemd does; return its status.

        https://www.freedesktop.org/software/systemd/man/systemd.service.html#WatchdogSec=
        """
        while True:
            try:
                async with asyncio.timeout(watchdog_s):
                    await self.next()
            except TimeoutError:
                service.process.send_signal(signal.SIGABRT)
                return await service.ended()

    def close(self) -> None:
        """Close."""
        self._socket.close()


@contextmanager
def listener(kind: str = "file") -> Iterator[Listener]:
    """Listen at a `file` or at an `abstract` address."""
    with TemporaryDirectory(prefix="notify-") as folder:
        named = f"@kiosk-{uuid4()}" if kind == "abstract" else str(Path(folder) / "notify")
        found = Listener(named)
        try:
            yield found
        finally:
            found.close()
