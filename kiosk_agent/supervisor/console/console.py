"""The console: shows the UI that answers keys, and says so while none does. For ever."""

import asyncio
import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import aiodocker
import aiohttp
import structlog

from kiosk_agent.adapters.service_manager import ServiceManager
from kiosk_agent.adapters.stop_signals import stop_on_signals
from kiosk_agent.supervisor.console.desk import Desk
from kiosk_agent.supervisor.console.display.kind import console_kind
from kiosk_agent.supervisor.console.display.presenting import present
from kiosk_agent.supervisor.console.display.stage import Stage
from kiosk_agent.supervisor.console.pane import Pane
from kiosk_agent.supervisor.console.relay import relay
from kiosk_agent.supervisor.console.telling import tell_console
from kiosk_agent.supervisor.console.terminal import Terminal, own_terminal
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
_HINT: Final = (
    "the bare console goes on; systemctl restart kiosk-console@tty1 tries the display anew"
)
_log: Final = structlog.get_logger()


async def run(settings: SupervisorSettings, stage: Stage | None = None) -> None:
    """Show the kiosk on this terminal, or on its display, until SIGTERM or SIGINT."""
    with (
        stop_on_signals() as stop,
        speaking(read_language(settings.locale)),
        own_terminal() as terminal,
    ):
        presenting = asyncio.create_task(_present(settings, terminal, stage or Stage()))
        stopped = asyncio.create_task(stop.wait())
        watched = asyncio.create_task(_watchdog(ServiceManager()))
        await asyncio.wait({presenting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (stopped, presenting, watched):
            task.cancel()
        with suppress(asyncio.CancelledError):
            # It never ends by itself: what ended it is told, and its unit begins it anew.
            await presenting


async def _watchdog(manager: ServiceManager) -> None:
    """Tell systemd that the loop runs: a terminal that takes no output (Scroll Lock) blocks it."""
    every_s = manager.watchdog_every_s()
    while every_s is not None:
        manager.alive()
        await asyncio.sleep(every_s)


async def _present(settings: SupervisorSettings, own: Terminal, stage: Stage) -> None:
    """Show the kiosk on a display while there can be one, and on the bare console otherwise."""
    kind, why = console_kind(settings.console, stage.connectors(), stage.missing())
    _log.info("console_chosen", kind=kind.value, why=why)
    if kind is ConsoleKind.DISPLAY:
        say_moment(Pane(own))
        show = partial(_show, settings, ConsoleKind.DISPLAY)
        why = await present(stage, os.ttyname(sys.stdin.fileno()), show)
        _log.error("console_display_given_up", why=why, hint=_HINT)
    await _show(settings, ConsoleKind.BARE, own)


async def _show(settings: SupervisorSettings, kind: ConsoleKind, terminal: Terminal) -> None:
    """Show the kiosk on one terminal, for ever."""
    docker = aiodocker.Docker(url=f"unix://{settings.docker_socket}")
    async with _supervisor(settings.supervisor_socket) as supervisor, docker:
        pane = Pane(terminal)
        desk = Desk(terminal, pane, settings.locale)
        telling = asyncio.create_task(tell_console(settings.admin_socket, kind))
        try:
            await Console(supervisor, docker, pane).show()
        finally:
            telling.cancel()
            desk.end()


def say_moment(pane: Pane) -> None:
    """Say that the kiosk comes back."""
    pane.say(
        tr("One moment, please"),
        "",
        tr("The kiosk begins again by itself. What was sold is kept."),
        "",
        tr("Ctrl+T: technician"),
    )


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
                    say_moment(self._pane)
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
            say_moment(self._pane)
            await asyncio.Event().wait()
        with suppress(aiodocker.DockerError, aiohttp.ClientError, OSError):
            await relay(self._docker, container_id, self._pane)

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
