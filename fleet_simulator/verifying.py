"""What the ticket API has, held against what the kiosks recorded and were told."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from fleet_simulator.books import SimulatedJournal
from kiosk_agent.ports.fleet import Fleet
from kiosk_contracts.ledger import Ledger
from kiosk_contracts.uploads import ItemStatus
from kiosk_contracts.verifying import JournalEntry

_PAGE: Final = 1000
_NAMED: Final = 10
"""Transactions that are named in words; the counts are of all."""


@dataclass(slots=True)
class Verdict:
    """What was found; all zero but `checked` is as it should be."""

    checked: int = 0
    """Transactions that kiosks recorded."""
    lost: int = 0
    """Told a kiosk as settled, and the ticket API does not have them so."""
    doubled: int = 0
    """Had by the ticket API more than once, or tickets counted as sold more often than sold."""
    unsettled: int = 0
    """Not told as settled yet: they wait at their kiosks, so nothing is lost."""
    quarantined: int = 0
    stray: int = 0
    """Had by the ticket API in a journal that has no such transaction."""
    words: list[str] = field(default_factory=list)

    @property
    def is_broken(self) -> bool:
        """Whether anything was lost, counted twice, or comes from nowhere."""
        return bool(self.lost or self.doubled or self.stray)

    def to_json(self) -> dict[str, Any]:
        """Return it for programs."""
        names = ("checked", "lost", "doubled", "unsettled", "quarantined", "stray", "words")
        return {name: getattr(self, name) for name in names}

    def say(self, words: str) -> None:
        """Note what a person should know, if there is not too much of it."""
        if len(self.words) < _NAMED:
            self.words.append(words)


async def entries_of(fleet: Fleet, journal: SimulatedJournal) -> Sequence[JournalEntry]:
    """Return all that the ticket API has of a journal; raises FleetError."""
    entries: list[JournalEntry] = []
    while True:
        after = entries[-1].sequence if entries else 0
        page = await fleet.journal_entries(journal.kiosk.journal_id, after, _PAGE)
        entries += page.entries
        if not page.more:
            return entries


def check_journal(
    verdict: Verdict, journal: SimulatedJournal, entries: Sequence[JournalEntry]
) -> None:
    """Add what is found of one journal."""
    verdict.checked += len(journal.recorded)
    there = {one.sequence: one for one in entries}
    times = Counter(one.txn_id for one in entries)
    for sequence, txn_id in enumerate(journal.recorded, start=1):
        place = there.get(sequence)
        has_it = place is not None and place.txn_id == txn_id
        if sequence in journal.settled:
            is_settled = has_it and place is not None and place.status == ItemStatus.SETTLED
            verdict.lost += not is_settled
            if not is_settled:
                verdict.say(f"lost: {journal.kiosk.kiosk_id}, number {sequence}, {txn_id}")
        elif sequence in journal.quarantined:
            verdict.quarantined += 1
            verdict.say(
                f"quarantined: {journal.kiosk.kiosk_id}, number {sequence}, "
                f"{journal.quarantined[sequence]}"
            )
        else:
            verdict.unsettled += 1
    verdict.doubled += sum(count - 1 for count in times.values())
    own = set(journal.recorded)
    verdict.stray += sum(one.txn_id not in own for one in entries)


def check_ledger(verdict: Verdict, journals: Iterable[SimulatedJournal], ledger: Ledger) -> None:
    """Add what is found of the tickets that count as sold, which is what money follows.

    More of them than kiosks recorded were counted twice. Fewer say nothing by themselves: what was
    not told as settled may still come.
    """
    recorded: Counter[str] = Counter()
    for journal in journals:
        recorded[journal.kiosk.event_id] += len(journal.recorded)
    sold: Counter[str] = Counter()
    for line in ledger.lines:
        sold[line.event_id] += line.sold
    for event_id, count in sold.items():
        more = max(0, count - recorded[event_id])
        verdict.doubled += more
        if more:
            verdict.say(f"doubled: {more} tickets of {event_id} count as sold and were not")
    verdict.words[:] = verdict.words[:_NAMED]


def exit_code(verdict: Verdict) -> int:
    """Return 0 where all is settled, 2 where something is broken, 3 where something still waits."""
    if verdict.is_broken:
        return BROKEN
    return WAITING if verdict.unsettled or verdict.quarantined else 0


BROKEN: Final = 2
WAITING: Final = 3
EXIT_CODES: Final[Mapping[int, str]] = {
    0: "every sale is settled, once",
    1: "it could not run",
    BROKEN: "a sale is lost or counted twice",
    WAITING: "sales were not settled in time, or quarantined",
    64: "it was called wrongly",
}
