"""The console: shows the UI that answers keys, and says so while none does. For ever."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

import aiodocker
import aiohttp

from kiosk_agent.adapters.stop_signals import stop_on_signals
from kiosk_agent.supervisor.console.desk import Desk
from kiosk_agent.supervisor.console.pane import Pane
from kiosk_agent.supervisor.console.relay import relay
from kiosk_agent.supervisor.console.telling import tell_console
from kiosk_agent.supervisor.console.terminal import raw_terminal
from kiosk_agent.supervisor.settings import SupervisorSettings
from kiosk_contracts.screens import ConsoleKind
from kiosk_texts import read_language, speaking, tr

WAIT_S: Final = 25
"""How long the supervisor may let the question which UI is on the screen stand open."""
ENDED_S: Final = 1
"""The same where what was on the screen has ended."""
_OVER_S: Final = 10
_AGAIN_S: Final = 0.3
_OK: Final = 200


async def run(settings: SupervisorSettings) -> None:
    """Show the kiosk on this terminal until SIGTERM or SIGINT."""
    with (
        stop_on_signals() as stop,
        speaking(read_language(settings.locale)),
        raw_terminal() as terminal,
    ):
        docker = aiodocker.Docker(url=f"unix://{settings.docker_socket}")
        async with _supervisor(settings.supervisor_socket) as supervisor, docker:
            pane = Pane(terminal)
            desk = Desk(terminal, pane, settings.locale)
            console = Console(supervisor, docker, pane)
            telling = asyncio.create_task(tell_console(settings.admin_socket, ConsoleKind.BARE))
            showing = asyncio.create_task(console.show())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({showing, stopped}, return_when=asyncio.FIRST_COMPLETED)
            for task in (stopped, showing, telling):
                task.cancel()
            desk.end()
            with suppress(asyncio.CancelledError):
                # It never ends by itself: what ended it is told, and its unit begins it anew.
                await showing


class Console:
    """Follows what the supervisor says is to be shown."""

    def __init__(
        self, supervisor: aiohttp.ClientSession, docker: aiodocker.Docker, pane: Pane
    ) -> None:
        self._supervisor = supervisor
        self._docker = docker
        self._pane = pane

    async def show(self) -> None:
        """Show the UI that answers keys; another one as soon as that does."""
        shown = ""
        relaying = asyncio.create_task(self._relay(shown))
        try:
            while True:
                asking = asyncio.create_task(self._ask(shown))
                await asyncio.wait({asking, relaying}, return_when=asyncio.FIRST_COMPLETED)
                if not asking.done():
                    # It ended, or Docker did: the supervisor soon says what comes instead, or still
                    # the same, and then it is tried again.
                    asking.cancel()
                    self._say_moment()
                    wanted = await self._ask(shown, ENDED_S)
                else:
                    wanted = asking.result()
                if wanted != shown or relaying.done():
                    relaying.cancel()
                    await asyncio.gather(relaying, return_exceptions=True)
                    shown = wanted
                    relaying = asyncio.create_task(self._relay(shown))
        finally:
            relaying.cancel()

    async def _relay(self, container_id: str) -> None:
        """Show a container until it ends; without one, say that there will be, and never end."""
        if not container_id:
            self._say_moment()
            await asyncio.Event().wait()
        with suppress(aiodocker.DockerError, aiohttp.ClientError, OSError):
            await relay(self._docker, container_id, self._pane)

    def _say_moment(self) -> None:
        self._pane.say(
            tr("One moment, please"),
            "",
            tr("The kiosk begins again by itself. What was sold is kept."),
            "",
            tr("Ctrl+T: technician"),
        )

    async def _ask(self, known: str, wait_s: int = WAIT_S) -> str:
        """Return which container is to be shown, as soon as it is not `known`; empty for none."""
        query = {"known": known, "wait_s": str(wait_s)}
        try:
            async with self._supervisor.get("/v1/shown", params=query) as answer:
                if answer.status == _OK:
                    return str((await answer.json())["container_id"])
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError):
            # It restarts; what is on the screen stays there.
            pass
        await asyncio.sleep(_AGAIN_S)
        return known


def _supervisor(socket: Path) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        "http://supervisor",
        connector=aiohttp.UnixConnector(str(socket)),
        timeout=aiohttp.ClientTimeout(total=WAIT_S + _OVER_S),
        cookie_jar=aiohttp.DummyCookieJar(),
    )
