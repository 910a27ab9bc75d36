"""Tells the agent which kiosk UI is on the screen, and which images crash; for ever."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from kiosk_agent.ports.clock import Clock
from kiosk_agent.supervisor.domain.telling import ui_report
from kiosk_agent.supervisor.ports import AgentAwayError, UiDesk
from kiosk_agent.supervisor.services.steering import Steering

TELL_EVERY_S: Final = 5.0


class Telling:
    """All of it each time: the agent keeps it in memory, and may have restarted."""

    def __init__(self, agent: UiDesk, steering: Steering, clock: Clock) -> None:
        self._agent = agent
        self._steering = steering
        self._clock = clock
        self._at: dict[int, datetime] = {}
        """What the clock on the wall showed then: said once, so that it is the same each time."""

    async def run(self) -> None:
        """Tell, for ever."""
        while True:
            await self._clock.sleep(TELL_EVERY_S)
            await self.tell()

    async def tell(self) -> None:
        """Tell once; an agent that is away is told the next time."""
        used: dict[int, datetime] = {}
        now_ms, now = self._clock.boottime_ms(), self._clock.now()

        def at(then_ms: int) -> datetime:
            when = now - timedelta(milliseconds=now_ms - then_ms)
            return used.setdefault(then_ms, self._at.get(then_ms, when))

        report = ui_report(self._steering.memory, self._steering.host, now_ms, at)
        self._at = used
        with suppress(AgentAwayError):
            await self._agent.tell_ui(report)
