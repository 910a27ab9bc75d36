"""Leaving: operators take the kiosk out of service, so it drains, for good, and says how far it is.

What it says is for the operators, who may read another language than the people at the kiosk.
"""

from collections.abc import Iterator
from typing import Any

import structlog

from kiosk_agent.ports.journal import JournalReader
from kiosk_agent.services.draining import Draining
from kiosk_agent.services.sides import Here
from kiosk_agent.services.status import StatusReports
from kiosk_contracts.kiosk_status import KioskStatus

log = structlog.get_logger(__name__)


class Leaving:
    """Heeds what the fleet service says of leaving, and tells what keeps the kiosk."""

    def __init__(self, here: Here, draining: Draining, reports: StatusReports) -> None:
        self._here = here
        self._draining = draining
        self._reports = reports

    async def heed(self, *, leave: bool) -> None:
        """Drain if that is asked for; again, as long as there is something to give back.

        Carts give back what they held after the drain began; and who switched draining off at the
        kiosk is overruled, for its place is taken away.
        """
        if not leave:
            return
        draining = self._here.state.is_draining()
        if draining and not await self._here.journal.read(_has_unheld):
            return
        if not draining:
            log.warning("leaving_was_asked")
        await self._draining.set(on=True)

    async def told(self) -> dict[str, Any]:
        """Return what a heartbeat says of it; nothing of a kiosk that does not drain."""
        if not self._here.state.is_draining():
            return {}
        status = await self._reports.status()
        # Of every type: the status tells of those that are on sale alone.
        counts = await self._here.journal.read(lambda reader: reader.stock_counts())
        why = tuple(_what_keeps(status, sum(map(sum, counts.values()))))
        return {"left": not why, "why_not_left": why}


def _has_unheld(reader: JournalReader) -> bool:
    return any(available for available, _ in reader.stock_counts().values())


def _what_keeps(status: KioskStatus, tickets: int) -> Iterator[str]:
    """Yield why the kiosk has not left; its disk would be missed for each."""
    yield from status.why_not
    if status.open_carts:
        yield f"carts that are open: {status.open_carts}"
    if tickets:
        yield f"tickets that have not gone back: {tickets}"
