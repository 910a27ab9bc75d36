"""The agent's own scanner, and the keyboard layout of those that are keyboards."""

import asyncio
from typing import Final

import structlog

from kiosk_agent.domain.people import StaffMember
from kiosk_agent.domain.scanning import ScannedLines, scanner_warning
from kiosk_agent.ports.scanner import (
    OpenScanner,
    ScannerAwayError,
    ScannerLayouts,
    ScannerPort,
)
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.kiosk import Kiosk
from kiosk_agent.services.known_staff import StaffView, name_of
from kiosk_contracts.scanning import (
    AgentScan,
    LearnLayout,
    ScannerLayout,
    ScannerReport,
    ScannerState,
)

log = structlog.get_logger(__name__)

LOOK_AGAIN_S: Final = 1.0
"""Between two tries to open a scanner that is away."""
SILENCE_S: Final = 0.3
"""After so long without a byte a scan is over, for a scanner that sends no end."""
_SOURCE: Final = "scanner"


class RememberedLayouts:
    """ScannerLayouts in memory."""

    def __init__(self) -> None:
        self._layout: ScannerLayout | None = None

    def load(self) -> ScannerLayout | None:
        """Return what was saved last."""
        return self._layout

    def save(self, layout: ScannerLayout | None) -> None:
        """Remember it."""
        self._layout = layout


class ScannerDesk:
    """What staff ask about scanners; every role may."""

    def __init__(self, kiosk: Kiosk, layouts: ScannerLayouts, roster: StaffView) -> None:
        self._kiosk = kiosk
        self._roster = roster
        self._layouts = layouts
        kiosk.scanner.layout = layouts.load()

    def report(self) -> ScannerReport:
        """Return how the agent's scanner is, and which layout is in force since whom."""
        seen = self._kiosk.scanner
        name = name_of(self._roster, seen.layout.learnt_by) if seen.layout is not None else ""
        return ScannerReport(scanner=seen.state, layout=seen.layout, learnt_by_name=name)

    async def learn(self, person: StaffMember, learnt: LearnLayout) -> ScannerReport:
        """Keep what a scan of the calibration code has shown; ProblemError `storage_full`."""
        layout = ScannerLayout(
            arrives=learnt.arrives, learnt_by=person.staff_id, learnt_at=self._kiosk.clock.now()
        )
        await self._keep(layout)
        log.info("scanner_calibrated", staff_id=person.staff_id, arrives=learnt.arrives)
        return self.report()

    async def forget(self, person: StaffMember) -> ScannerReport:
        """Read characters as what they seem again; ProblemError `storage_full`."""
        await self._keep(None)
        log.info("scanner_layout_forgotten", staff_id=person.staff_id)
        return self.report()

    async def _keep(self, layout: ScannerLayout | None) -> None:
        await asyncio.to_thread(self._layouts.save, layout)
        self._kiosk.scanner.layout = layout
        self._kiosk.changes.notify()


class ScanReader:
    """The only one that reads the scanner."""

    def __init__(self, kiosk: Kiosk, port: ScannerPort, state: AgentState) -> None:
        self._kiosk = kiosk
        self._port = port
        self._state = state

    async def run(self) -> None:
        """Read the scanner whenever it is there, for ever."""
        while True:
            try:
                async with self._port.opened() as scanner:
                    self._see(ScannerState.READY)
                    await self._read(scanner)
            except ScannerAwayError as error:
                self._see(ScannerState.AWAY, str(error))
            await self._kiosk.clock.sleep(LOOK_AGAIN_S)

    async def _read(self, scanner: OpenScanner) -> None:
        lines, noise = ScannedLines(), 0
        while True:
            try:
                async with asyncio.timeout(SILENCE_S if lines.begun else None):
                    texts = lines.take(await scanner.read())
            except TimeoutError:
                texts = lines.end()
            for text in texts:
                now_ms = self._kiosk.clock.boottime_ms()
                self._kiosk.scans.offer(AgentScan(text=text, boottime_ms=now_ms))
            if lines.noise > noise:
                noise = lines.noise
                log.warning("scan_noise", texts=noise)

    def _see(self, state: ScannerState, detail: str = "") -> None:
        seen = self._kiosk.scanner
        if seen.state is state:
            return
        log.info("scanner_state", state=state.value, detail=detail)
        seen.state = state
        self._state.report(_SOURCE, lambda: scanner_warning(state))
        self._kiosk.changes.notify()
