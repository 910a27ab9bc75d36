"""The line of those who wait: kiosks by number, and for each whoever asks in its name."""

import asyncio
import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Final, NamedTuple

MOST_ADDRESSES: Final = 1000
"""That are in line for one kiosk, here or away. A kiosk has one, and two while its line changes."""


class Who(NamedTuple):
    """Whoever asks in a kiosk's name."""

    kiosk_id: str
    address: str
    """From where; one for all where that a kiosk asks is proven."""


class Numbers(NamedTuple):
    """Where somebody was in line."""

    kiosk: int
    own: int
    """Among those who ask in the kiosk's name."""


class Rank(NamedTuple):
    """Who of those that wait here makes room for others: the greatest."""

    is_more: bool
    """Whether another waits for its kiosk, who is before it: then that has the kiosk's number."""
    kiosk: int
    own: int


Given = asyncio.Future[Numbers]
"""A request that waits here; its result is where it was in line when its turn came."""


@dataclass(slots=True)
class _Own:
    """The place of one who asks, in its kiosk's."""

    number: int
    requests: deque[Given] = field(default_factory=deque)
    """That wait here; none while it is away."""
    until: float = math.inf
    """When its place lapses, while it is away."""


@dataclass(slots=True)
class _Standing:
    """A kiosk's place in line."""

    number: int
    here: int = 0
    """Requests that wait here."""
    own: dict[str, _Own] = field(default_factory=dict)
    """By address."""

    def waiting(self) -> list[tuple[int, str]]:
        """Return number and address of those that wait here."""
        return [(own.number, address) for address, own in self.own.items() if own.requests]


class Line:
    """Who is before whom; whether there is a turn to give is not known here.

    Each kiosk has one number, whoever asks in its name: so those who only say that they are it take
    its turns and nobody else's. Among them each has a number as well, and after its turn the last.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._of: dict[str, _Standing] = {}
        """By kiosk, also those that are away."""
        self._numbers: list[int] = []
        """Of all of them, in order."""
        self._here: list[tuple[int, str]] = []
        """Number and kiosk of those of whom a request waits here, in order."""
        self._requests = 0
        """That wait here, of all kiosks."""
        self._following = count(1)
        self._looked = -math.inf

    @property
    def anybody_here(self) -> bool:
        """Say whether any request waits here."""
        return bool(self._here)

    @property
    def away(self) -> int:
        """Return how many kiosks are in line of which no request waits here."""
        return len(self._of) - len(self._here)

    # Coming and going

    def stand(self, who: Who) -> int:
        """Return a kiosk's number: of the place that was kept, or of the last.

        Who is here keeps its place until it is told when to come again, or goes away.
        """
        self._let_lapse()
        standing = self._of.get(who.kiosk_id)
        if standing is None:
            standing = self._of[who.kiosk_id] = _Standing(next(self._following))
            self._numbers.append(standing.number)
        own = standing.own.get(who.address)
        if own is None:
            own = standing.own[who.address] = _Own(next(self._following))
        own.until = math.inf
        return standing.number

    def is_crowded(self, who: Who) -> bool:
        """Say whether so many stand for this kiosk that one more may not."""
        self._let_lapse()
        standing = self._of.get(who.kiosk_id)
        return (
            standing is not None
            and who.address not in standing.own
            and len(standing.own) >= MOST_ADDRESSES
        )

    def waiting_of(self, who: Who) -> int:
        """Return how many of its requests wait here."""
        own = self._own(who)
        return 0 if own is None else len(own.requests)

    def wait(self, who: Who, request: Given) -> None:
        """Let a request of one who stands in line wait here."""
        standing = self._of[who.kiosk_id]
        if not standing.here:
            insort(self._here, (standing.number, who.kiosk_id))
        standing.here += 1
        self._requests += 1
        standing.own[who.address].requests.append(request)

    def go_away(self, who: Who, request: Given, kept_s: float) -> None:
        """Let a request wait here no more; its place in line is kept for a while."""
        own = self._own(who)
        if own is None or request not in own.requests:
            return
        own.requests.remove(request)
        standing = self._of[who.kiosk_id]
        self._one_less(who.kiosk_id, standing)
        self.keep(who, kept_s)

    def keep(self, who: Who, kept_s: float) -> None:
        """Let the place of one that is away, if it has one, lapse after so many seconds."""
        own = self._own(who)
        if own is not None and not own.requests:
            own.until = self._monotonic() + kept_s

    def leave(self, who: Who) -> Numbers | None:
        """Let one that has no request here be in line no more; return where it was, if it was."""
        standing, own = self._of.get(who.kiosk_id), self._own(who)
        if standing is None or own is None:
            return None
        del standing.own[who.address]
        if not standing.own:
            self._forget(who.kiosk_id, standing)
        return Numbers(standing.number, own.number)

    def take_back(self, who: Who, was: Numbers, kept_s: float) -> None:
        """Give somebody who left the place again that it had; it is away now."""
        standing = self._of.get(who.kiosk_id)
        if standing is None:
            standing = self._of[who.kiosk_id] = _Standing(was.kiosk)
            insort(self._numbers, was.kiosk)
        elif was.kiosk < standing.number:
            self._renumber(who.kiosk_id, standing, was.kiosk)
        own = standing.own.setdefault(who.address, _Own(was.own))
        own.number = min(own.number, was.own)
        self.keep(who, kept_s)

    # Whose turn it is

    def first(self, may: Callable[[str], bool]) -> tuple[Who, Given] | None:
        """Return whose turn it is of all who wait here and whose kiosk may have one."""
        kiosk_id = next((kiosk_id for _, kiosk_id in self._here if may(kiosk_id)), None)
        if kiosk_id is None:
            return None
        standing = self._of[kiosk_id]
        _, address = min(standing.waiting())
        return Who(kiosk_id, address), standing.own[address].requests[0]

    def last(self) -> tuple[Rank, Who, Given] | None:
        """Return who of all who wait here is the first to make room."""
        if not self._here:
            return None
        kiosk_id, is_more = self._here[-1][1], self._requests > len(self._here)
        if is_more:
            kiosk_id = next(one for _, one in reversed(self._here) if self._of[one].here > 1)
        standing = self._of[kiosk_id]
        own_number, address = max(standing.waiting())
        given = standing.own[address].requests[-1]
        return Rank(is_more, standing.number, own_number), Who(kiosk_id, address), given

    def rank(self, who: Who) -> Rank:
        """Return what a request more of one who stands in line would be among those here."""
        standing = self._of[who.kiosk_id]
        own = standing.own[who.address].number, who.address
        is_more = standing.here > 0 and min(standing.waiting()) <= own
        return Rank(is_more, standing.number, own[0])

    def had_its_turn(self, who: Who) -> Numbers:
        """Let the first request of one go; return where it was.

        Whatever else waits for this kiosk goes after everybody who is in line now, and of those
        whatever the same one asks goes last.
        """
        standing = self._of[who.kiosk_id]
        own = standing.own.pop(who.address)
        was = Numbers(standing.number, own.number)
        own.requests.popleft()
        if own.requests:
            standing.own[who.address] = _Own(next(self._following), own.requests)
        self._one_less(who.kiosk_id, standing)
        if standing.own:
            self._renumber(who.kiosk_id, standing, next(self._following))
        else:
            self._forget(who.kiosk_id, standing)
        return was

    def ahead(self, who: Who) -> int:
        """Return how many turns are before that of one who stands in line."""
        standing, own = self._of[who.kiosk_id], self._of[who.kiosk_id].own[who.address]
        rounds = sum(each.number < own.number for each in standing.own.values())
        return bisect_left(self._numbers, standing.number) + rounds * len(self._numbers)

    # What is kept

    def _own(self, who: Who) -> _Own | None:
        standing = self._of.get(who.kiosk_id)
        return None if standing is None else standing.own.get(who.address)

    def _one_less(self, kiosk_id: str, standing: _Standing) -> None:
        self._requests -= 1
        standing.here -= 1
        if not standing.here:
            self._is_here_no_more(standing.number, kiosk_id)

    def _is_here_no_more(self, number: int, kiosk_id: str) -> None:
        del self._here[bisect_left(self._here, (number, kiosk_id))]

    def _renumber(self, kiosk_id: str, standing: _Standing, number: int) -> None:
        del self._numbers[bisect_left(self._numbers, standing.number)]
        insort(self._numbers, number)
        if standing.here:
            self._is_here_no_more(standing.number, kiosk_id)
            insort(self._here, (number, kiosk_id))
        standing.number = number

    def _forget(self, kiosk_id: str, standing: _Standing) -> None:
        del self._of[kiosk_id]
        del self._numbers[bisect_left(self._numbers, standing.number)]

    def _let_lapse(self) -> None:
        """Forget places of those that did not come again; looked at once a second."""
        now = self._monotonic()
        if now - self._looked < 1:
            return
        self._looked = now
        gone = [
            Who(kiosk_id, address)
            for kiosk_id, standing in self._of.items()
            for address, own in standing.own.items()
            if own.until <= now
        ]
        for who in gone:
            self.leave(who)
