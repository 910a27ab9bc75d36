"""Verifying the journal: its own chain, and the ticket API's side of it."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final
from uuid import UUID

import structlog

from kiosk_agent.domain.archiving import LostRange
from kiosk_agent.domain.chain import ChainWalk, compare, known_breaks, missing_here
from kiosk_agent.domain.epochs import EpochRecord, journal_at
from kiosk_agent.domain.ranges import joined, touches
from kiosk_agent.domain.records import JournalRow
from kiosk_agent.ports.fleet import Fleet, FleetError
from kiosk_agent.ports.journal import Journal
from kiosk_agent.services.periods import jittered
from kiosk_agent.services.sides import Here, There
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.verifying import ChainBreak, JournalEntry, VerifyReport
from kiosk_texts import tr

log = structlog.get_logger(__name__)

PAGE: Final = 200
_TOLD: Final = 50
"""So many breaks stand in a report; their number is told in any case."""
_FIRST_AFTER_S: Final = 600.0
_LOOK_AGAIN_S: Final = 60.0
_ASK_AGAIN_S: Final = 3600.0
_SOURCE: Final = "verify"

Progress = Callable[[int, int], object]
"""Told (records checked, last sequence) after every page."""


class Verification:
    """One verification of a journal. `fleet` is None where no line can be asked."""

    def __init__(self, journal: Journal, fleet: Fleet | None, why_not: str = "") -> None:
        self._journal = journal
        self._fleet = fleet
        self._why_not = why_not
        self._walk = ChainWalk()
        self._epochs: Sequence[EpochRecord] = ()
        self._lost: list[tuple[int, int]] = []
        """Ranges whose archive can't be read."""
        self._breaks: list[ChainBreak] = []
        self._broken = self._known = 0

    async def run(self, progress: Progress = lambda _checked, _last: None) -> VerifyReport:
        """Look at every record. Records that are added meanwhile may be looked at or not."""
        while True:
            after = self._walk.last
            # Read before the other side is asked: what is settled here by now must be there then.
            (rows, lost), self._epochs = await self._journal.read(
                lambda reader: (reader.rows_to_verify(after, PAGE), reader.epochs())  # noqa: B023  run at once
            )
            self._walk.known = known_breaks(self._epochs)
            self._step(rows, lost)
            if not rows and not lost:
                break
            for one, part in groupby(rows, lambda row: journal_at(self._epochs, row.sequence)):
                after = await self._compare(one, after, tuple(part))
            progress(self._walk.checked, self._walk.last)
        journal_id = self._epochs[-1].journal_id
        await self._end(journal_id)
        return VerifyReport(
            journal_id=journal_id,
            up_to=self._walk.last,
            checked=self._walk.checked,
            compared=self._fleet is not None,
            why_not_compared=self._why_not,
            breaks=tuple(sorted(self._breaks, key=lambda one: (one.known, one.sequence))[:_TOLD]),
            broken=self._broken,
            known=self._known,
        )

    def _step(self, rows: Sequence[JournalRow], lost: Sequence[LostRange]) -> None:
        ahead = list(lost)
        for row in rows:
            while ahead and ahead[0].first_sequence < row.sequence:
                self._note(*self._walk.pass_over(ahead.pop(0)))
            self._note(*self._walk.step(row))
        for one in ahead:
            self._note(*self._walk.pass_over(one))
        self._lost += [(one.first_sequence, one.last_sequence) for one in lost]

    async def _compare(self, journal_id: UUID, after: int, rows: Sequence[JournalRow]) -> int:
        """Compare consecutive rows of one journal with the other side; return the last sequence."""
        last = rows[-1].sequence
        entries = await self._entries(journal_id, after, last)
        if self._fleet is not None:
            self._note(*compare(rows, entries))
        if journal_id == self._epochs[-1].journal_id:
            # Of an earlier journal the ticket API may know more: that is why the next one began.
            here = {row.sequence for row in rows}
            lost = joined(self._lost)
            gone = [n for n in entries if n not in here and not touches(lost, n, n)]
            self._note(*missing_here([entries[n] for n in gone]))
        return last

    async def _end(self, journal_id: UUID) -> None:
        """Look beyond the last record, on both sides."""
        beyond = await self._entries(journal_id, self._walk.last, None)
        # Read after the other side was asked: what it has by then was recorded here before.
        last = self._walk.last
        rows, head = await self._journal.read(
            lambda reader: (reader.rows_after(last, 1), reader.head())
        )
        if not rows:
            self._note(*self._walk.end(head))
        self._note(*missing_here([one for n, one in beyond.items() if n > head[0]]))

    async def _entries(
        self, journal_id: UUID, after: int, up_to: int | None
    ) -> dict[int, JournalEntry]:
        """Return what the ticket API has above `after`: up to a number, or its next page.

        If it does not answer, there is no fleet to ask any more.
        """
        found: dict[int, JournalEntry] = {}
        while self._fleet is not None and (up_to is None or after < up_to):
            try:
                page = await self._fleet.journal_entries(journal_id, after, PAGE)
            except FleetError as error:
                self._fleet, self._why_not = None, error.say()
                break
            found |= {
                one.sequence: one for one in page.entries if not up_to or one.sequence <= up_to
            }
            if up_to is None or not page.more:
                break
            after = page.entries[-1].sequence
        return found

    def _note(self, *breaks: ChainBreak) -> None:
        for one in breaks:
            self._known += one.known
            self._broken += not one.known
            if (self._known if one.known else self._broken) <= 2 * _TOLD:
                self._breaks.append(one)


class DailyVerification:
    """A worker: verifies when the kiosk idles, and warns of a break until it is gone."""

    def __init__(self, here: Here, there: There, *, every_s: float) -> None:
        self._here = here
        self._there = there
        self._every_s = every_s

    async def run(self) -> None:
        """Verify soon after the start and then once a period, for ever."""
        wait_s = min(_FIRST_AFTER_S, self._every_s)
        while True:
            await self._here.clock.sleep(jittered(wait_s))
            if not await self._is_idle():
                wait_s = min(_LOOK_AGAIN_S, self._every_s)
            elif await self._verify():
                wait_s = self._every_s
            else:
                wait_s = min(_ASK_AGAIN_S, self._every_s)

    async def _is_idle(self) -> bool:
        # While the line is down, what waits for it is not on its way.
        is_offline = self._there.line.is_offline()
        return await self._here.journal.read(
            lambda reader: not reader.carts() and (is_offline or not reader.is_sending())
        )

    async def _verify(self) -> bool:
        """Say whether both sides were looked at."""
        report = await Verification(self._here.journal, self._there.fleet).run()
        log.info("journal_verified", checked=report.checked, broken=report.broken)
        if report.broken:
            self._here.state.report(_SOURCE, lambda: warning(report))
        elif report.compared:
            self._here.state.clear(_SOURCE)
        return report.compared


def warning(report: VerifyReport) -> StatusWarning:
    """Return what a person should know of a broken journal."""
    first = report.breaks[0]
    return StatusWarning(
        code="journal_broken",
        text=tr(
            "The journal does not verify: #{sequence}: {words}",
            sequence=first.sequence,
            words=first.words,
        ),
        hint=tr("Sales go on and are kept. Tell the control room, who verify the journal."),
    )
