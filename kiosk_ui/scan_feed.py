"""Scans of the agent's own scanner, as they come: to this screen, while it is the one in use."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final, Protocol

from kiosk_contracts.kiosk_status import KioskStatus
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.scanning import AgentScan, ScannerState
from kiosk_ui.agent_answers import AgentAwayError
from kiosk_ui.clock import Clock

MOST_AGE_MS: Final = 2000
"""Older than this a scan is of somebody who was told something else since."""
_PAUSE_S: Final = 0.2


class ScanSource(Protocol):
    """Where scans come from."""

    def scans(self) -> AsyncIterator[AgentScan]:
        """Yield each scan once; ends where another screen takes them, AgentAwayError otherwise."""
        ...


class ScanFeed:
    """Reads the agent's scans, for ever, where its status tells of a scanner."""

    def __init__(
        self,
        source: ScanSource,
        clock: Clock,
        scanned: Callable[[str], None],
        missed: Callable[[], None],
    ) -> None:
        """Tell `missed` of a scan that came too late: somebody was presented, and not asked for."""
        self._source = source
        self._clock = clock
        self._scanned = scanned
        self._missed = missed
        self._wanted = asyncio.Event()
        self._in_use = asyncio.Event()
        self.too_late = 0
        """How many scans came too late to be of use."""

    def status_changed(self, status: KioskStatus | None) -> None:
        """Begin to read if the agent has a scanner."""
        if status is not None and status.scanner not in {"", ScannerState.NONE}:
            self._wanted.set()
        else:
            self._wanted.clear()

    def touched(self) -> None:
        """Note that a person is here: scans come to the screen that was touched last."""
        self._in_use.set()

    async def run(self) -> None:
        """Read; where another screen has taken over, wait until a person touches this one."""
        while True:
            await self._wanted.wait()
            try:
                async for scan in self._source.scans():
                    self._take(scan)
            except (AgentAwayError, ProblemError):
                await asyncio.sleep(_PAUSE_S)
            else:
                self._in_use.clear()
                await self._in_use.wait()

    def _take(self, scan: AgentScan) -> None:
        if self._clock.boottime_ms() - scan.boottime_ms > MOST_AGE_MS:
            self.too_late += 1
            self._missed()
        else:
            self._scanned(scan.text.strip())
