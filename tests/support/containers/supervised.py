"""A venue kiosk with its supervisor and its console, before real containers."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.terminal import Terminal
from kiosk_agent.supervisor.adapters.docker_containers import (
    ECS_CONTAINER_LABEL,
    ECS_UI,
    STANDBY_NAME,
)
from kiosk_agent.supervisor.adapters.standby import task_of
from kiosk_agent.supervisor.adapters.task_file import TaskFile
from kiosk_agent.supervisor.domain.host import UiTask
from kiosk_agent.supervisor.domain.memory import GoodTasks
from tests.support.agent_process import AgentProcess, client, command, running_agent
from tests.support.containers.docker import Container, away, container, inspect
from tests.support.containers.images import Image
from tests.support.containers.venue_kiosk import VenueKiosk, venue_kiosk

LABEL = f"--label={ECS_CONTAINER_LABEL}={ECS_UI}"

STANDARD = "--env=KIOSK_UI_LOOK=standard"
"""On a bare console, as these have, it would be the plain one, which has no QR codes."""

UNTIL_DECIDED_S = 120
"""A decision that has not come by then will not: longer than a UI may hang."""


@dataclass
class SupervisedKiosk:
    """The kiosk, and words to reach its supervisor by."""

    venue: VenueKiosk
    image: str
    folder: Path
    supervisor: AgentProcess | None = None
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "supervisor.toml"

    @property
    def socket(self) -> Path:
        return self.folder / "supervisor.sock"

    def write(self) -> None:
        """Write the supervisor's settings."""
        values = {
            "region": "eu-central-1",
            "identity_audience": "fleet.example.com",
            "credentials_file": str(self.folder / "credentials"),
            "admin_socket": str(self.venue.sockets / "admin.sock"),
            "ui_socket": str(self.venue.sockets / "ui.sock"),
            "supervisor_socket": str(self.socket),
            "state_dir": str(self.folder),
            # Whatever is wrong with the machine of the tests is not theirs to mend.
            "repairs": False,
            # Nobody is there, as before the ECS agent has started.
            "ecs_agent_url": "http://127.0.0.1:1",
            **self.settings,
        }
        text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
        self.config.write_text(text)

    async def remember(self, *more: str, last: str = "", before: str = "") -> None:
        """Let the image's task be the one that ran well last, or those of other images."""
        task = await self.task_of_image(last or self.image, *more)
        known = await self.task_of_image(before) if before else None
        TaskFile(self.folder / "good-tasks.json").keep(GoodTasks(last=task, before=known))

    async def task_of_image(self, image: str, *more: str) -> UiTask:
        """Return what the supervisor would remember of a container of an image."""
        made = await away("create", LABEL, *self._words(image, *more))
        task = task_of(inspect("container", made))
        await away("rm", made)
        return task

    def _words(self, image: str, *more: str, health_s: int | None = None) -> list[str]:
        """Return what follows `docker create`: also of an image that no registry has."""
        return [*self.venue.words(self.image, STANDARD, *more, health_s=health_s)[:-1], image]

    async def answers(self) -> str:
        """Wait until a screen answers keys; return which."""
        async with client(self.venue.sockets / "admin.sock") as http:
            while True:
                async with http.get("/v1/screens") as answer:
                    if holder := (await answer.json())["holder"]:
                        return str(holder)

    @asynccontextmanager
    async def ecs_ui(self, *more: str, image: str = "") -> AsyncIterator[Container]:
        """Run the UI as ECS does."""
        words = self._words(image or self.image, LABEL, *more, health_s=1)
        async with container(words) as made:
            yield made

    async def decided(self, what: str, why: str = "") -> dict[str, str]:
        """Wait until the supervisor says that it decided so; return that decision."""
        assert self.supervisor is not None
        try:
            async with asyncio.timeout(UNTIL_DECIDED_S):
                return await self.supervisor.until_logged(
                    lambda one: (
                        one["event"] == "decided"
                        and one["what"].startswith(what)
                        and why in one["why"]
                    )
                )
        except TimeoutError:
            decided = [one for one in self.supervisor.log if one["event"] == "decided"]
            lines = [f"{one['what']}: {one['why']} ({one['outcome']})" for one in decided]
            msg = f"never decided: {what!r} for {why!r}; but:\n" + "\n".join(lines)
            raise AssertionError(msg) from None

    @asynccontextmanager
    async def supervising(self, **variables: str) -> AsyncIterator[AgentProcess]:
        """Run the supervisor; again, after one that was killed."""
        running = running_agent(
            self.venue.kiosk.folder,
            program=("-m", "kiosk_agent", "supervise"),
            config=self.config,
            variables=variables,
        )
        async with running as supervisor:
            self.supervisor = supervisor
            yield supervisor

    @asynccontextmanager
    async def console(self) -> AsyncIterator[Terminal]:
        """Show the kiosk in a pseudo-terminal of 80x24."""
        argv = [sys.executable, "-m", "kiosk_agent", "console", "--config", str(self.config)]
        cast = self.folder / "console.cast"
        async with Terminal(argv, name="console", cast=cast) as terminal:
            yield terminal

    async def why(self) -> list[dict[str, str]]:
        """Return what `status --why` says."""
        socket = ("--supervisor-socket", str(self.socket))
        said = await command(self.venue.kiosk.folder, "status", "--why", "--json", *socket)
        assert said.status == 0, said
        decided: list[dict[str, str]] = said.json()
        return decided

    async def shown(self) -> str:
        """Return which container is on the screen."""
        async with client(self.socket) as http, http.get("/v1/shown") as answer:
            return str((await answer.json())["container_id"])


@asynccontextmanager
async def supervised(
    venue: VenueKiosk, image: str, folder: Path, **settings: Any
) -> AsyncIterator[SupervisedKiosk]:
    """Run the supervisor over a kiosk; its standby is gone at the end."""
    kiosk = SupervisedKiosk(venue, image, folder, settings=settings)
    async with _at_hand(kiosk), kiosk.supervising():
        yield kiosk


@asynccontextmanager
async def kiosk_at_hand(
    image: Image, folder: Path, variables: Mapping[str, str] | None = None, **settings: Any
) -> AsyncIterator[SupervisedKiosk]:
    """Run an agent, `variables` in its environment, and make ready what its supervisor needs.

    `settings` are the supervisor's, which the test runs itself.
    """
    async with venue_kiosk(folder, **(variables or {})) as venue:
        kiosk = SupervisedKiosk(venue, image.digest, folder, settings=settings)
        async with _at_hand(kiosk):
            yield kiosk


@asynccontextmanager
async def _at_hand(kiosk: SupervisedKiosk) -> AsyncIterator[None]:
    """Make ready what a supervisor needs; its standby is gone at the end."""
    kiosk.write()
    await kiosk.remember()
    _no_standby()
    try:
        yield
    finally:
        _no_standby()


def _no_standby() -> None:
    subprocess.run(
        ["docker", "rm", "--force", STANDBY_NAME],
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ,
    )
