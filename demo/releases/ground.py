"""What a venue host stands on: where its sockets are, and how a program is run there."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol


class Ground(Protocol):
    """A room of its own (`demo.releases.room`), or this machine as it is."""

    sockets: Path
    """The folder of the agent's sockets."""
    supervisor_socket: Path
    docker_socket: Path
    images: Path
    """Where Docker keeps images."""
    has_docker: bool

    async def start(self) -> None:
        """Start it; raises ProcessError."""

    async def stop(self) -> None:
        """End it, and with it all that is in it."""

    def inside(self, argv: Sequence[str]) -> list[str]:
        """Return the command that runs `argv` there."""

    def ways_of(self) -> int | None:
        """Return a process whose network has no way out but ours; None: it has this machine's."""


class OpenGround:
    """This machine as it is, for a host without containers: all of it in one folder."""

    has_docker = False

    def __init__(self, folder: Path) -> None:
        self.sockets = folder
        self.supervisor_socket = folder / "supervisor.sock"
        self.docker_socket = folder / "no-docker.sock"
        self.images = folder

    async def start(self) -> None:
        """Nothing is to be started."""

    async def stop(self) -> None:
        """Nothing was started."""

    def inside(self, argv: Sequence[str]) -> list[str]:
        """Return the command as it is."""
        return list(argv)

    def ways_of(self) -> int | None:
        """Return None: there is no network of its own."""
        return None
