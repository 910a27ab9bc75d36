"""What the supervisor mended on this host: for the status, and for the reports to the cloud."""

from functools import partial
from typing import Final

from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.line import LineView
from kiosk_agent.services.agent_state import AgentState
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.repairs import HostRepair, RepairsHeard, RepairsReport, failing
from kiosk_texts import mark, tr

KNOWN_MS: Final = 300_000
"""The supervisor tells every few seconds; what it said longer ago may have passed since."""
_PARTS: Final = {
    "ssm_agent": mark("The SSM agent"),
    "credentials": mark("This host's AWS role"),
    "ecs_agent": mark("The ECS agent"),
    "docker": mark("Docker"),
    "clock": mark("The host's clock"),
    "disk": mark("The host's disk"),
    "ui_socket": mark("The way to this kiosk's screen"),
}


class HostRepairs:
    """In memory: the supervisor tells all of it each time."""

    def __init__(self, clock: Clock, line: LineView, state: AgentState) -> None:
        self._clock = clock
        self._line = line
        self._state = state
        self._repairs: tuple[HostRepair, ...] = ()
        self._told_ms = 0

    def take(self, report: RepairsReport) -> RepairsHeard:
        """Take what the supervisor tells; warn of what does not come right by itself."""
        before = {one.name for one in failing(self._repairs)}
        self._repairs, self._told_ms = report.repairs, self._clock.boottime_ms()
        now = {one.name for one in failing(self._repairs)}
        for name in before - now:
            self._state.clear(_source(name))
        for name in now:
            self._state.report(_source(name), partial(self._warning, name))
        return RepairsHeard(line=self._line.state())

    def known(self) -> tuple[HostRepair, ...]:
        """Return the last ones, the oldest first; none where the supervisor is silent."""
        fresh = self._clock.boottime_ms() - self._told_ms < KNOWN_MS
        return self._repairs if fresh else ()

    def _warning(self, name: str) -> StatusWarning | None:
        one = next((one for one in failing(self.known()) if one.name == name), None)
        if one is None:
            return None
        part = tr(_PARTS[name]) if name in _PARTS else name
        return StatusWarning(
            code="repair_fails",
            text=tr("{part} does not come right by itself.", part=part),
            hint=tr("Sell as ever, and tell support: `kiosk-agent status --why` says why."),
        )


def _source(name: str) -> str:
    return f"repair.{name}"
