"""Which kiosk UI is on the screen, as the supervisor sees it: for the status, and for the cloud."""

from typing import Final

from kiosk_agent.ports.clock import Clock
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.changes import Changes
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.ui_report import SupervisorHeard, UiReport, UiSource
from kiosk_texts import tr

KNOWN_MS: Final = 60_000
"""The supervisor tells every few seconds; what it said longer ago may have passed since."""
_SOURCE: Final = "ui.crashes"


class HostUi:
    """In memory: the supervisor tells all of it each time."""

    def __init__(
        self, clock: Clock, changes: Changes, state: AgentState, *, supervised: bool = False
    ) -> None:
        """`supervised`: the host has a supervisor, also where it never told anything since."""
        self._clock = clock
        self._supervised = supervised
        self._started_ms = clock.boottime_ms()
        self._changes = changes
        self._state = state
        self._report: UiReport | None = None
        self._told_ms = 0

    def take(self, report: UiReport) -> None:
        """Take what the supervisor sees; warn while an image ends again and again. Idempotent."""
        before = self.known()
        self._report, self._told_ms = report, self._clock.boottime_ms()
        if report.crashing:
            self._state.report(_SOURCE, self._warning)
        else:
            self._state.clear(_SOURCE)
        if report != before:
            self._changes.notify()

    def known(self) -> UiReport | None:
        """Return what it saw last; None where it is silent."""
        fresh = self._clock.boottime_ms() - self._told_ms < KNOWN_MS
        return self._report if fresh else None

    def supervisor(self) -> str:
        """Return a SupervisorHeard; empty where nothing says that the host has a supervisor."""
        if self._report is None and not self._supervised:
            return ""
        if self.known() is not None:
            return SupervisorHeard.HEARD
        young = self._clock.boottime_ms() - self._started_ms < KNOWN_MS
        return SupervisorHeard.AWAITED if young else SupervisorHeard.SILENT

    def _warning(self) -> StatusWarning | None:
        known = self.known()
        if known is None or not known.crashing:
            return None
        covered = known.source == UiSource.STANDBY
        return StatusWarning(
            code="ui_crashes",
            text=tr("A new version of this screen does not run; the one before sells on.")
            if covered
            else tr("This screen ends again and again, and is started anew each time."),
            hint=tr("Sell as ever, and tell support: `kiosk-agent status --why` says why."),
        )
