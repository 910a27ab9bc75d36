"""A real agent, its sockets in a folder as a venue host has it, and the UI's container at it."""

import json
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.terminal import Terminal
from kiosk_contracts.ui_task import SOCKETS, UI_USER, kiosk_ui_task
from operator_cli.task_terms import read_terms
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.containers.docker import away
from tests.support.containers.tasks import docker_words
from tests.support.real_kiosk import RealKiosk, real_kiosk


@dataclass(frozen=True, slots=True)
class VenueKiosk:
    """The agent's side of a kiosk, and words that run its UI in a container."""

    kiosk: RealKiosk
    agent: AgentProcess
    sockets: Path

    def task(self, image: str, **said: Any) -> dict[str, Any]:
        """Return the task definition that this kiosk would run."""
        return kiosk_ui_task(read_terms(image=image, **said))

    def words(self, image: str, *more: str, health_s: int | None = None) -> Sequence[str]:
        """Return what follows `docker create`, with this agent's sockets."""
        host = {SOCKETS: str(self.sockets)}
        return docker_words(self.task(image), host, *more, health_s=health_s)

    @asynccontextmanager
    async def screen(self, image: str, *more: str) -> AsyncIterator[Terminal]:
        """Run the container in the foreground, in a pseudo-terminal of 80x24."""
        name = f"kiosk-ui-{os.urandom(6).hex()}"
        argv = ["docker", "run", "--rm", "--name", name, *self.words(image, *more)]
        try:
            async with Terminal(argv, name="kiosk", cast=self.kiosk.cast) as terminal:
                yield terminal
        finally:
            await away("rm", "--force", name)


@asynccontextmanager
async def venue_kiosk(screens: Path, **variables: str) -> AsyncIterator[VenueKiosk]:
    """Run an agent, `variables` in its environment."""
    with tempfile.TemporaryDirectory(prefix="eventpro-", dir="/tmp") as name:
        sockets = Path(name) / "eventpro"
        make_sockets_folder(sockets)
        async with real_kiosk(screens) as kiosk:
            kiosk.folder.settings |= {
                "ui_socket": str(sockets / "ui.sock"),
                "admin_socket": str(sockets / "admin.sock"),
            }
            kiosk.folder.write()
            async with running_agent(kiosk.folder, variables=variables) as agent:
                yield VenueKiosk(kiosk, agent, sockets)


def make_sockets_folder(folder: Path) -> None:
    """Make it with the mode and the group that tmpfiles give it."""
    folder.mkdir()
    os.chown(folder, 0, int(UI_USER.partition(":")[2]))
    folder.chmod(0o2750)


def facts(said: str) -> dict[str, Any]:
    """Return what a program inside printed as JSON."""
    told: dict[str, Any] = json.loads(said)
    return told
