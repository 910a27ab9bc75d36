"""What systemd wants to know of us, by the protocol of sd_notify(3); silent where nobody asked."""

import os
import socket
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_MICROSECONDS: Final = 1_000_000


class ServiceManager:
    """Tells the service manager, if `NOTIFY_SOCKET` names one."""

    def __init__(self) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET", "")

    def ready(self, status: str) -> None:
        """Say that the sockets answer, and what is done now."""
        self._notify(f"READY=1\nSTATUS={status}")

    def stopping(self) -> None:
        """Say that a stop has begun."""
        self._notify("STOPPING=1\nSTATUS=stopping")

    def alive(self) -> None:
        """Reset the watchdog."""
        self._notify("WATCHDOG=1")

    def watchdog_every_s(self) -> float | None:
        """Return how often to call `alive`: half of what systemd allows; None if it does not ask.

        `WATCHDOG_PID` may name another process (sd_watchdog_enabled(3)).
        """
        text = os.environ.get("WATCHDOG_USEC", "")
        pid = os.environ.get("WATCHDOG_PID", str(os.getpid()))
        if not self._address or not text.isdigit() or pid != str(os.getpid()):
            return None
        return int(text) / _MICROSECONDS / 2

    def _notify(self, message: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the NUL of an abstract socket's name.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                # A service manager that does not listen must not stop anybody from selling.
                out.setblocking(False)  # noqa: FBT003  socket's own signature
                out.connect(address)
                out.sendall(message.encode())
        except OSError as error:
            log.warning("service_manager_unreachable", error=str(error))
