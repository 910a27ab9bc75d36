"""The network of a venue: a bridge in this process's own network namespace, and hosts at it.

What listens here is the cloud. Nothing leads anywhere else.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.venue.spaces import holder

CLOUD_ADDRESS = "10.77.0.1"
AWS_ADDRESS = "10.77.0.2"
_BRIDGE = "venue"
_FIRST_HOST = 11


@dataclass(frozen=True, slots=True)
class HostLine:
    """One host's line to the venue's network."""

    space: str
    """The file of the host's network namespace."""
    address: str
    port: str
    """The bridge's side of its cable."""

    def cut(self) -> None:
        """Pull the cable."""
        _ip("link", "set", self.port, "down")

    def restore(self) -> None:
        """Put it in again."""
        _ip("link", "set", self.port, "up")


class VenueNetwork:
    """The bridge; see `venue_network`."""

    def __init__(self) -> None:
        self._hosts = 0

    @contextmanager
    def line(self) -> Iterator[HostLine]:
        """Lay a line for one host, which outlives the host's power cuts."""
        self._hosts += 1
        port, address = f"host{self._hosts}", f"10.77.0.{_FIRST_HOST + self._hosts}"
        with holder("--net") as pid:
            _ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
            # The kernel takes both ends of a cable away with the host's namespace.
            _ip("link", "set", port, "master", _BRIDGE, "up")
            for command in (
                ("link", "set", "lo", "up"),
                ("addr", "add", f"{address}/24", "dev", "eth0"),
                ("link", "set", "eth0", "up"),
            ):
                _run("nsenter", f"--net=/proc/{pid}/ns/net", "ip", *command)
            yield HostLine(f"/proc/{pid}/ns/net", address, port)


@contextmanager
def venue_network() -> Iterator[VenueNetwork]:
    """Make the bridge, with the cloud's addresses on it; take it down at the end."""
    _ip("link", "set", "lo", "up")
    _ip("link", "add", _BRIDGE, "type", "bridge")
    try:
        for address in (CLOUD_ADDRESS, AWS_ADDRESS):
            _ip("addr", "add", f"{address}/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        yield VenueNetwork()
    finally:
        _ip("link", "del", _BRIDGE)


def _ip(*words: str) -> None:
    _run("ip", *words)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=20)
