"""Leaving: operators take the kiosk out of service, so it drains, for good, and says how far it is.

Once nothing would be lost with its disk it has left: it records nothing any more, so that what it
says of that stays true, until operators want it back. What it says is for the operators, who may
read another language than the people at the kiosk.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import structlog

from kiosk_agent.ports.drain_mark import DrainMark
from kiosk_agent.ports.journal import JournalReader, JournalWriter
from kiosk_agent.services.draining import Draining
from kiosk_agent.services.refund_facts import owed
from kiosk_agent.services.sides import Here
from kiosk_agent.services.status import StatusReports

log = structlog.get_logger(__name__)

_MOST_SHIFTS: Final = 1000
"""So many of the newest are looked through for one that is open."""


class Leaving:
    """Heeds what the fleet service says of leaving, and tells what keeps the kiosk."""

    def __init__(
        self, here: Here, draining: Draining, mark: DrainMark, reports: StatusReports
    ) -> None:
        """`mark` says over restarts that it has left."""
        self._here = here
        self._draining = draining
        self._mark = mark
        self._reports = reports
        self._asked = False

    async def heed(self, *, leave: bool) -> None:
        """Drain if that is asked for; again, as long as there is something to give back.

        Carts give back what they held after the drain began; and who switched draining off at the
        kiosk is overruled, for its place is taken away. One that has left and is to stay records
        again; it drains until somebody at the kiosk ends that.
        """
        self._asked = leave
        if not leave:
            await self._stay()
            return
        draining = self._here.state.is_draining()
        if draining and not await self._here.journal.read(_has_unheld):
            return
        if not draining:
            log.warning("leaving_was_asked")
        await self._draining.set(on=True)

    async def told(self) -> dict[str, Any]:
        """Return what a heartbeat says of it; nothing of a kiosk that does not drain."""
        state = self._here.state
        if not state.is_draining():
            return {}
        why, head = await self._here.journal.read(self._standing)
        if self._asked and not why and not state.has_left():
            why, head = await self._here.journal.write(self._leave)
        if not state.has_left():
            return {"draining": True, "why_not_left": why}
        # Before it is told, for who hears it lets go of the disk.
        await asyncio.to_thread(self._mark_left)
        left = {"left": not why, "left_at": None if why else head}
        return {"draining": True, "why_not_left": why, **left}

    def _standing(self, reader: JournalReader) -> tuple[tuple[str, ...], int]:
        """Return why the kiosk has not left, and the sequence up to which that was looked at."""
        return tuple(self._what_keeps(reader)), reader.head()[0]

    def _leave(self, writer: JournalWriter) -> tuple[tuple[str, ...], int]:
        """Leave if nothing keeps it now, while nothing else is written."""
        why, head = self._standing(writer)
        if not why:
            self._here.state.set_left(on=True)
            log.warning("kiosk_left", sequence=head)
        return why, head

    def _mark_left(self) -> None:
        if not self._mark.is_set():
            self._mark.put(on=True)
            self._here.changes.notify()

    async def _stay(self) -> None:
        if not self._here.state.has_left():
            return
        await asyncio.to_thread(self._mark.put, on=False)
        self._here.state.set_left(on=False)
        self._here.changes.notify()
        log.warning("leaving_was_undone")

    def _what_keeps(self, reader: JournalReader) -> Iterator[str]:
        """Yield why the kiosk has not left; its disk would be missed for each."""
        status = self._reports.seen_by(reader)
        yield from status.why_not
        if status.open_carts:
            yield f"carts that are open: {status.open_carts}"
        shifts = sum(one.closed_at is None for one in reader.shifts(_MOST_SHIFTS))
        if shifts:
            yield (
                f"shifts that are open: {shifts}; their cashiers or a manager close them at the "
                "kiosk"
            )
        refunds = owed(reader)
        if refunds:
            yield (
                f"refunds whose money nobody has given back: {', '.join(refunds)}; a cashier gives "
                "it back at the kiosk, in an open shift (its screen lists them)"
            )
        # Of every type: the status tells of those that are on sale alone.
        tickets = sum(map(sum, reader.stock_counts().values()))
        if tickets:
            yield f"tickets that have not gone back: {tickets}"


def _has_unheld(reader: JournalReader) -> bool:
    return any(available for available, _ in reader.stock_counts().values())
