"""Looks at the kiosk UIs of the host: at Docker, at the ECS agent, at the agent's screens."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from kiosk_agent.supervisor.domain.host import Host, Screen, UiContainer
from kiosk_agent.supervisor.ports import (
    TOO_LONG,
    AgentAwayError,
    AgentScreens,
    DockerAwayError,
    EcsAgent,
    UiContainers,
)
from kiosk_contracts.screens import ScreensSeen
from kiosk_contracts.update_lock import UpdateLock

SOON_S: Final = 0.1
"""So long a look waits for what hung at the one before."""
DOCKER_S: Final = 2.0
"""So long a look waits for Docker's list; one that comes later counts at a later look."""


class Looking:
    """No look hangs: what is not there in time counts at a later one."""

    def __init__(
        self, containers: UiContainers, screens: AgentScreens, ecs_agent: EcsAgent
    ) -> None:
        self._containers = containers
        self._screens = screens
        self._ecs_agent = ecs_agent
        self._since: dict[tuple[str, bool, str], int] = {}
        self._sockets = ""
        """Which folder of them was seen last; empty: none was there yet."""
        self._sockets_since_ms = 0
        self._listing: asyncio.Task[Sequence[UiContainer]] | None = None
        self._asked_ms = 0
        """When it was asked for."""
        self._asking_ecs: asyncio.Task[str] | None = None
        self.host = Host(docker_away="not looked yet")
        """What was seen last."""

    async def host_now(self) -> Host:
        """Return what was seen last, with the screens of now: a look may hang with Docker."""
        seen, away = await self._look_at_screens()
        now = replace(self.host, agent_away=away, screens=_screens(seen))
        return replace(now, holder=seen.holder, awaited=seen.awaited)

    def cancel(self) -> None:
        """Ask no more."""
        for asking in (self._listing, self._asking_ecs):
            if asking is not None:
                asking.cancel()

    async def look(self, now_ms: int) -> Host:
        """Return how all is; what could not be seen is as it was seen last."""
        (containers, docker_away), ecs_away = await asyncio.gather(
            self._look_at_containers(now_ms), self._look_at_ecs()
        )
        # Last of all: who is busy, and who reports, is of this moment whatever the others took.
        seen, agent_away = await self._look_at_screens()
        self.host = Host(
            docker_away=docker_away,
            agent_away=agent_away,
            ecs_away=ecs_away,
            containers=self._dated(containers, now_ms) if not docker_away else self.host.containers,
            listed_ms=self._asked_ms,
            screens=_screens(seen),
            holder=seen.holder,
            awaited=seen.awaited,
            sockets_since_ms=self._look_at_sockets(now_ms),
            update_lock=_lock_words(seen.update_lock),
        )
        return self.host

    def _look_at_sockets(self, now_ms: int) -> int:
        """Return since when their folder was seen; at the first look all that run are as old."""
        found = self._containers.sockets()
        # None there, or none that can be read now: the same one may be back.
        if found and found != self._sockets:
            self._sockets, self._sockets_since_ms = found, now_ms
        return self._sockets_since_ms

    async def _look_at_containers(self, now_ms: int) -> tuple[tuple[UiContainer, ...], str]:
        """Ask for a list, or look whether the one that was asked for before is there by now."""
        overdue = self._listing is not None
        self._asked_ms = self._asked_ms if overdue else now_ms
        listing = self._listing = self._listing or asyncio.create_task(self._list())
        await asyncio.wait({listing}, timeout=SOON_S if overdue else DOCKER_S)
        if not listing.done():
            return (), TOO_LONG
        self._listing = None
        try:
            return tuple(listing.result()), ""
        except DockerAwayError as error:
            return (), str(error)

    async def _look_at_ecs(self) -> str:
        """Return why the ECS agent does not answer; one that hangs holds up no look."""
        asking = self._asking_ecs = self._asking_ecs or asyncio.create_task(self._ecs_agent.away())
        await asyncio.wait({asking}, timeout=SOON_S)
        if not asking.done():
            return self.host.ecs_away
        self._asking_ecs = None
        return asking.result()

    async def _list(self) -> Sequence[UiContainer]:
        return await self._containers.seen()

    async def _look_at_screens(self) -> tuple[ScreensSeen, str]:
        try:
            return await self._screens.screens(), ""
        except AgentAwayError as error:
            return ScreensSeen(), str(error)

    def _dated(self, containers: tuple[UiContainer, ...], now_ms: int) -> tuple[UiContainer, ...]:
        """Say since when each is as it is, by a clock that nobody can turn."""
        states = [self._state(one) for one in containers]
        since = self._since
        # Where Docker could not say before when it began, it is the same one all the same.
        self._since = {
            state: since.get(state, since.get((*state[:2], ""), now_ms)) for state in states
        }
        return tuple(
            replace(one, since_ms=self._since[state])
            for one, state in zip(containers, states, strict=True)
        )

    def _state(self, one: UiContainer) -> tuple[str, bool, str]:
        """Return how one is; as known where Docker can't say for a moment when it began."""
        known = (state for state in self._since if state[:2] == (one.container_id, one.running))
        state = (one.container_id, one.running, one.began)
        return state if one.began else next(known, state)


def _lock_words(lock: UpdateLock | None) -> str:
    if lock is None:
        return ""
    until = lock.until.astimezone().strftime("%Y-%m-%d %H:%M")
    return f"no update until {until}, {lock.why} ({lock.by})"


def _screens(seen: ScreensSeen) -> tuple[Screen, ...]:
    return tuple(
        Screen(
            screen_id=one.screen_id,
            busy=one.busy,
            why=one.why,
            stopping=one.stopping,
            lag_ms=one.lag_ms,
            reported_ms_ago=one.reported_ms_ago,
        )
        for one in seen.screens
    )
