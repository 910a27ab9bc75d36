"""The stream of the agent's status: whether it is there, and what it says of itself."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.problem import ProblemError
from kiosk_ui.agent_answers import AgentAwayError
from kiosk_ui.agent_client import AgentClient
from kiosk_ui.clock import Clock

_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class LinkEvents:
    """What the app wants to hear."""

    on_status: Callable[[], None]
    """The status or the absence changed."""
    on_back: Callable[[], None]
    """The agent is there again, or for the first time."""


class AgentLink:
    """Keeps the stream open, for ever; connecting to a unix socket costs next to nothing."""

    def __init__(self, client: AgentClient, clock: Clock, events: LinkEvents) -> None:
        self._client = client
        self._clock = clock
        self._events = events
        self._here = asyncio.Event()
        self.status: KioskStatus | None = None
        """The last status, also while the agent is away."""
        self._left: Mapping[str, Mapping[str, int]] = {}
        self.away_since: datetime | None = None
        self._away_at_ms: int | None = clock.boottime_ms()

    def left_of(self, event_id: str) -> Mapping[str, int]:
        """Return what is left of an event's ticket types, by type, as the last status has it."""
        return self._left.get(event_id, {})

    @property
    def training(self) -> bool:
        """Whether nothing is sold here: the agent says so, and nothing else decides it."""
        return self.status is not None and self.status.training

    @property
    def away_s(self) -> int:
        """For how many seconds the agent has not been there, also before it was for the first time.

        0 while it is. A clock that is set does not change it.
        """
        if self._away_at_ms is None:
            return 0
        return (self._clock.boottime_ms() - self._away_at_ms) // 1000

    def knows(self, **told: object) -> None:
        """Take what an answer has said of the agent's state: the stream says it later."""
        if self.status is not None:
            self.status = self.status.model_copy(update=told)
            self._events.on_status()

    async def run(self) -> None:
        """Read the stream; open it again whenever it ends."""
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                async for status in self._client.stream():
                    wait_s = _FIRST_WAIT_S
                    self._heard(status)
            except (AgentAwayError, ProblemError):
                self._lost()
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    async def wait_here(self, at_most_s: float) -> None:
        """Wait until the agent is there, but no longer than `at_most_s`."""
        try:
            async with asyncio.timeout(at_most_s):
                await self._here.wait()
        except TimeoutError:
            return

    def _heard(self, status: KioskStatus) -> None:
        came_back = not self._here.is_set()
        self.status = status
        self._left = _left_by_event(status)
        self.away_since = None
        self._away_at_ms = None
        self._here.set()
        self._events.on_status()
        if came_back:
            self._events.on_back()

    def _lost(self) -> None:
        self._here.clear()
        if self._away_at_ms is None:
            self._away_at_ms = self._clock.boottime_ms()
        if self.away_since is None:
            self.away_since = self._clock.now()
            self._events.on_status()


def _left_by_event(status: KioskStatus) -> Mapping[str, Mapping[str, int]]:
    """Index a season's stock once for each status: each key that is typed asks for one event's."""
    left: dict[str, dict[str, int]] = {}
    for line in status.stock:
        left.setdefault(line.event_id, {})[line.ticket_type_id] = line.left
    return left
