"""Retired: the fleet service says that this host is a kiosk no more, so it sells nothing anew.

What it has recorded stays, and is sent no more: it is moved out with `kiosk-agent export`.
"""

import asyncio
from typing import Final

import structlog

from kiosk_agent.ports.drain_mark import DrainMark
from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.services.agent_state import AgentState
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.problem import ProblemCode
from kiosk_texts import tr

log = structlog.get_logger(__name__)

_SOURCE: Final = "retired"


class Retiring:
    """Heeds what the fleet service says to the kiosk's reports, over restarts."""

    def __init__(self, state: AgentState, mark: DrainMark) -> None:
        self._state = state
        self._mark = mark
        if state.is_retired():
            say_retired(state)

    async def refused(self, error: FleetError) -> None:
        """Sell nothing anew, if that is why a report was refused; on disk before it is so."""
        if error.code != ProblemCode.KIOSK_RETIRED or self._state.is_retired():
            return
        await asyncio.to_thread(self._mark.put, on=True)
        self._state.set_retired(on=True)
        say_retired(self._state)
        log.warning("kiosk_retired", why=error.detail)

    async def answered(self) -> None:
        """Sell again: whoever takes our reports takes us for the kiosk."""
        if not self._state.is_retired():
            return
        await asyncio.to_thread(self._mark.put, on=False)
        self._state.set_retired(on=False)
        self._state.clear(_SOURCE)
        log.warning("retiring_was_undone")


def say_retired(state: AgentState) -> None:
    """Have the status say it, in whatever language it is asked."""
    state.report(_SOURCE, _warning)


def _warning() -> StatusWarning:
    return StatusWarning(
        code=ProblemCode.KIOSK_RETIRED,
        text=tr("Operators have taken this machine out of service: it is a kiosk no more."),
        hint=tr(
            "It sells nothing. Leave it on, and tell the control room: what it has not sent is on"
            " its disk (kiosk-agent status, kiosk-agent export)."
        ),
    )
