"""What the seed decides of the gate: which ticket comes when, and who tries it on.

Pure: the same sales and the same random numbers give the same scans.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from demo.evening.plan import Fate, SalesPlan, TicketRef

SCANS_FOR_A_SALE: Final = 2
_INTERVALS: Final = 4
"""How often a part of the house goes out for air and comes back."""
_FORGED: Final = 30
_REPEATED: Final = 15
_LEAVING: Final = 12
_OTHER_EVENING: Final = 60
"""One in so many scans."""


class ScanKind(StrEnum):
    """What a scan is, and so what the gate must say."""

    ADMIT = "admit"
    REPEAT = "repeat"
    """A ticket whose holder is inside already."""
    EXIT = "exit"
    RETURN = "return"
    FORGED = "forged"
    """A ticket's code with another signature."""
    OTHER_EVENING = "other evening"
    VOIDED = "voided"
    """Tried when the gate has heard of the void."""


LETS_PASS: Final = frozenset({ScanKind.ADMIT, ScanKind.EXIT, ScanKind.RETURN})
"""Kinds that the gate must let pass; the others it must stop."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One ticket held before the gate's scanner."""

    kind: ScanKind
    ticket: TicketRef


@dataclass(frozen=True, slots=True)
class _Tickets:
    """The plan's tickets, each list about as they are sold."""

    tonight: Sequence[TicketRef]
    later: Sequence[TicketRef]
    voided: Sequence[TicketRef]
    """One of each voided sale."""


def plan_scans(sales: SalesPlan, random: Random) -> tuple[Scan, ...]:
    """Draw the gate's scans, SCANS_FOR_A_SALE for each sale; the voided tickets come last."""
    tickets = _tickets(sales)
    counts = _counts(sum(1 for _ in sales.in_order()) * SCANS_FOR_A_SALE, tickets)
    # Not the first ones: people come until the end of the evening.
    chosen = sorted(random.sample(range(len(tickets.tonight)), counts[ScanKind.ADMIT]))
    admitted = [tickets.tonight[number] for number in chosen]
    stopped = _stopped(random, counts, admitted, tickets.later)
    intervals = _intervals(random, counts[ScanKind.EXIT], len(admitted))
    scans: list[Scan] = []
    for number, ticket in enumerate(admitted):
        scans.append(Scan(ScanKind.ADMIT, ticket))
        scans += stopped.get(number, ())
        if leaving := intervals.get(number, 0):
            scans += _interval(random, admitted[: number + 1], leaving)
    return (*scans, *(Scan(ScanKind.VOIDED, ticket) for ticket in tickets.voided))


def _tickets(sales: SalesPlan) -> _Tickets:
    tonight, later, voided = [], [], []
    for till, number, customer in sales.in_order():
        refs = [TicketRef(till, number, each) for each in range(customer.basket.tickets)]
        if customer.fate is Fate.VOIDED:
            voided.append(refs[0])
        elif customer.basket.event == 0:
            tonight += refs
        else:
            later += refs
    return _Tickets(tonight, later, voided)


def _counts(scans: int, tickets: _Tickets) -> dict[ScanKind, int]:
    """Return how many of each kind make up so many scans; with few tickets, more go in and out."""
    counts = {
        ScanKind.FORGED: scans // _FORGED,
        ScanKind.REPEAT: scans // _REPEATED,
        ScanKind.OTHER_EVENING: min(scans // _OTHER_EVENING, len(tickets.later)),
        ScanKind.VOIDED: len(tickets.voided),
    }
    rest = scans - sum(counts.values())
    admitted = min(rest - 2 * (scans // _LEAVING), len(tickets.tonight))
    # Who goes out comes back: what is left of the scans must be even.
    admitted -= (rest - admitted) % 2
    leaving = (rest - admitted) // 2
    return counts | {
        ScanKind.ADMIT: admitted,
        ScanKind.EXIT: leaving,
        ScanKind.RETURN: leaving,
    }


def _stopped(
    random: Random,
    counts: dict[ScanKind, int],
    admitted: Sequence[TicketRef],
    later: Sequence[TicketRef],
) -> dict[int, list[Scan]]:
    """Return whom the gate must stop, by the number of the admission after which they come.

    Of each kind every one is another ticket, so that no two refusals in a row read the same.
    """
    stopped: dict[int, list[Scan]] = {}
    for number in random.sample(range(len(admitted)), counts[ScanKind.FORGED]):
        stopped.setdefault(number, []).append(Scan(ScanKind.FORGED, admitted[number]))
    # Somebody else comes between: a code that comes twice in a row, its scanner read twice.
    for number in random.sample(range(1, len(admitted)), counts[ScanKind.REPEAT]):
        stopped.setdefault(number, []).append(Scan(ScanKind.REPEAT, admitted[number - 1]))
    places = {ticket: number for number, ticket in enumerate(admitted)}
    for ticket in random.sample(list(later), counts[ScanKind.OTHER_EVENING]):
        number = _when_sold(ticket, places)
        stopped.setdefault(number, []).append(Scan(ScanKind.OTHER_EVENING, ticket))
    return stopped


def _when_sold(ticket: TicketRef, places: dict[TicketRef, int]) -> int:
    """Return the number of the last admission whose ticket that till sold before this one."""
    earlier = [
        number
        for other, number in places.items()
        if (other.till, other.sale < ticket.sale) == (ticket.till, True)
    ]
    return max(earlier, default=0)


def _intervals(random: Random, leaving: int, admitted: int) -> dict[int, int]:
    """Return how many leave, by the number of the admission after which they do."""
    later_half = range(admitted // 2, admitted)
    numbers = sorted(random.sample(later_half, min(_INTERVALS, len(later_half))))
    parts = [leaving // len(numbers)] * len(numbers)
    parts[-1] += leaving - sum(parts)
    return dict(zip(numbers, parts, strict=True))


def _interval(random: Random, inside: Sequence[TicketRef], leaving: int) -> Iterator[Scan]:
    """Yield so many exits and then returns; where more leave than are inside, in several turns."""
    while leaving > 0:
        out = random.sample(list(inside), min(leaving, len(inside)))
        yield from (Scan(ScanKind.EXIT, ticket) for ticket in out)
        random.shuffle(out)
        yield from (Scan(ScanKind.RETURN, ticket) for ticket in out)
        leaving -= len(out)
