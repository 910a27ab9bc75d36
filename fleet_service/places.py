"""Who may go now: so many at once, each kiosk in its turn, in the order in which they came."""

import asyncio
import math
from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

_EARLY: Final = 0.7
"""Of the time until its turn, a kiosk is told so much: one that comes early waits here a moment,
one that comes late leaves a place idle. What was misjudged is made good when it comes."""
_LONGEST_S: Final = 30
"""So that a pace that was misjudged, or has changed, leaves no place idle for longer."""
_KEPT_S: Final = 60.0
"""A place in line is kept for so much longer than its kiosk was told, and as long again."""
_FEW: Final = 8
_RECENT: Final = 256
"""Turns from which is told how fast it goes."""


@dataclass(frozen=True, slots=True)
class PlaceRules:
    """How many, and how long anybody waits."""

    whole: int
    """At once."""
    each: int
    """Of one kiosk at once."""
    waiting: int
    """That wait, at most."""
    wait_s: float


class NoPlaceError(Exception):
    """Too many wait, or one waited for too long. Nothing was asked."""

    def __init__(self, why: str, again_s: int) -> None:
        super().__init__(why)
        self.again_s = again_s
        """When it should come again: a little before its turn, which is kept for it."""


@dataclass(slots=True)
class _Standing:
    """A kiosk's place in line."""

    number: int
    turns: "deque[asyncio.Future[None]]" = field(default_factory=deque)
    """Its requests that wait; none while it is away."""
    until: float = math.inf
    """When its place lapses, while it is away."""


class _Pace:
    """How many turns end in a second while somebody waits for them."""

    def __init__(self, monotonic: Callable[[], float], guess: float) -> None:
        self._monotonic = monotonic
        self._known = guess
        self._ends: deque[float] = deque(maxlen=_RECENT)

    def ended(self, *, others_wait: bool) -> None:
        """Count a turn. Where nobody waits for it, it says how many come, not how many could."""
        if others_wait:
            self._ends.append(self._monotonic())
        elif self._ends:
            self._known = self.a_second()
            self._ends.clear()

    def a_second(self) -> float:
        """Return it, of the last turns; a guess where there were few."""
        if len(self._ends) < _FEW:
            return self._known
        return (len(self._ends) - 1) / max(self._monotonic() - self._ends[0], 0.001)


class Places:
    """First come, first served, and a kiosk's next only after everybody who came meanwhile.

    Nobody waits who could go: whenever a place gets free it is given on at once. Whoever can't wait
    here is told when to come again, and keeps its place in line: then it goes before all who came
    after it did. So the line may be far longer than what waits here.
    """

    def __init__(self, rules: PlaceRules, monotonic: Callable[[], float]) -> None:
        self._rules = rules
        self._monotonic = monotonic
        self._of: Counter[str] = Counter()
        """Places that kiosks have."""
        self._line: dict[str, _Standing] = {}
        """By kiosk, also those that are away."""
        self._numbers: list[int] = []
        """Of all of them, in order."""
        self._here: list[tuple[int, str]] = []
        """Number and kiosk of those that wait here, in order."""
        self._following_number = count(1)
        self._pace = _Pace(monotonic, rules.whole / rules.wait_s)
        self._looked = -math.inf
        self.taken = 0
        """How many ask now."""
        self.waiting = 0
        """How many wait."""

    @property
    def away(self) -> int:
        """Return for how many kiosks a place in line is kept while they wait elsewhere."""
        return len(self._line) - len(self._here)

    @asynccontextmanager
    async def place(self, kiosk_id: str) -> AsyncIterator[None]:
        """Have a place while the block runs; raises NoPlaceError."""
        if self._is_free(kiosk_id):
            self._leave(kiosk_id)
            self._take(kiosk_id)
        else:
            await self._turn_of(kiosk_id)
        try:
            yield
        finally:
            self._give_back(kiosk_id)

    def _is_free(self, kiosk_id: str) -> bool:
        return self.taken < self._rules.whole and self._of[kiosk_id] < self._rules.each

    def _take(self, kiosk_id: str) -> None:
        self.taken += 1
        self._of[kiosk_id] += 1

    async def _turn_of(self, kiosk_id: str) -> None:
        """Wait for a place; it is taken then."""
        standing = self._stand(kiosk_id)
        if self.waiting >= self._rules.waiting:
            self._make_room(kiosk_id, standing)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wait_here(kiosk_id, standing, turn)
        self.waiting += 1
        try:
            async with asyncio.timeout(self._rules.wait_s):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                # It was its turn in the very moment in which it gave up.
                self._give_back(kiosk_id)
            else:
                self._go_away(kiosk_id, turn)
            if isinstance(error, TimeoutError):
                msg = f"no place in {self._rules.wait_s:g} s"
                raise NoPlaceError(msg, self._again_s(kiosk_id)) from error
            raise
        finally:
            self.waiting -= 1

    # The line

    def _stand(self, kiosk_id: str) -> _Standing:
        """Return a kiosk's place in line: the one that was kept for it, or the last."""
        self._let_lapse()
        standing = self._line.get(kiosk_id)
        if standing is None:
            standing = self._line[kiosk_id] = _Standing(next(self._following_number))
            self._numbers.append(standing.number)
        # It is here: until it is told when to come again, or goes away, its place does not lapse.
        standing.until = math.inf
        return standing

    def _wait_here(self, kiosk_id: str, standing: _Standing, turn: "asyncio.Future[None]") -> None:
        if not standing.turns:
            insort(self._here, (standing.number, kiosk_id))
        standing.turns.append(turn)
        standing.until = math.inf

    def _make_room(self, kiosk_id: str, standing: _Standing) -> None:
        """Send whoever waits here and is last in line away; raises NoPlaceError if that is us."""
        why = f"{self._rules.waiting} wait already"
        number, last = self._here[-1] if self._here else (0, "")
        if number <= standing.number:
            raise NoPlaceError(why, self._again_s(kiosk_id))
        turn = self._line[last].turns[-1]
        self._go_away(last, turn)
        if not turn.done():
            turn.set_exception(NoPlaceError(why, self._again_s(last)))

    def _go_away(self, kiosk_id: str, turn: "asyncio.Future[None]") -> None:
        """Let a request wait here no more; its kiosk keeps its place in line."""
        standing = self._line.get(kiosk_id)
        if standing is None or turn not in standing.turns:
            return
        standing.turns.remove(turn)
        if not standing.turns:
            self._here.remove((standing.number, kiosk_id))
            standing.until = self._monotonic() + _KEPT_S

    def _leave(self, kiosk_id: str) -> None:
        """Let a kiosk that has no request here be in line no more, if it was."""
        standing = self._line.pop(kiosk_id, None)
        if standing is not None:
            del self._numbers[bisect_left(self._numbers, standing.number)]

    def _let_lapse(self) -> None:
        """Forget places of those that did not come again; looked at once a second."""
        now = self._monotonic()
        if now - self._looked < 1:
            return
        self._looked = now
        for kiosk_id in [one for one, standing in self._line.items() if standing.until <= now]:
            self._leave(kiosk_id)

    # Giving places on

    def _give_back(self, kiosk_id: str) -> None:
        self.taken -= 1
        self._of[kiosk_id] -= 1
        if not self._of[kiosk_id]:
            del self._of[kiosk_id]
        self._pace.ended(others_wait=bool(self._here))
        self._give_on()

    def _give_on(self) -> None:
        """Let those go whose turn it is, as far as there are places."""
        while (kiosk_id := self._following()) is not None:
            turn = self._line[kiosk_id].turns[0]
            if turn.done():
                # It gave up waiting a moment ago.
                self._go_away(kiosk_id, turn)
                continue
            turn.set_result(None)
            self._take(kiosk_id)
            self._had_its_turn(kiosk_id)

    def _had_its_turn(self, kiosk_id: str) -> None:
        """Let a kiosk's next request, if one waits, go after everybody who is in line now."""
        standing = self._line[kiosk_id]
        self._here.remove((standing.number, kiosk_id))
        self._leave(kiosk_id)
        for turn in list(standing.turns)[1:]:
            self._wait_here(kiosk_id, self._stand(kiosk_id), turn)

    def _following(self) -> str | None:
        if self.taken >= self._rules.whole:
            return None
        return next((kiosk_id for _, kiosk_id in self._here if self._is_free(kiosk_id)), None)

    # When to come again

    def _again_s(self, kiosk_id: str) -> int:
        """Return when a kiosk's turn will be, nearly, and keep its place until long after."""
        standing = self._stand(kiosk_id)
        ahead = bisect_left(self._numbers, standing.number)
        again_s = max(1, round(_EARLY * ahead / self._pace.a_second()))
        if again_s > _LONGEST_S:
            # Those that are told no more than this would all come in the same moment.
            again_s = _LONGEST_S - standing.number % (_LONGEST_S // 2)
        if not standing.turns:
            standing.until = self._monotonic() + 2 * again_s + _KEPT_S
        return again_s
