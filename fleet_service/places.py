"""Who may go now: so many at once, each kiosk in its turn, in the order in which they came."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from fleet_service.line import MOST_ADDRESSES, Given, Line, Numbers, Who

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
_LOOK_S: Final = 0.5
"""How often is looked whether whoever waits has hung up: nobody tells."""


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
    each_waiting: int = 1000
    """That wait of one kiosk and from one address, at most."""


class NoPlaceError(Exception):
    """Too many wait, or one waited for too long. Nothing was asked."""

    def __init__(self, why: str, again_s: int) -> None:
        super().__init__(why)
        self.again_s = again_s
        """When it should come again: a little before its turn, which is kept for it."""


@dataclass(slots=True)
class Turn:
    """A place while somebody has it, who says if it was needed."""

    was: Numbers | None
    """Where in line it had to wait; None: it did not."""
    counts: bool = True
    """Whether it says how fast turns end."""
    kept_s: float | None = None
    """For how long its place in line is kept; None: it had its turn."""

    def came_to_nothing(self) -> None:
        """Say that nothing was asked: it took no time, which says nothing of others' turns."""
        self.counts = False

    def is_missed(self, again_s: float) -> None:
        """Say that who asks had no turn after all, and comes again then: it is in line still."""
        self.counts, self.kept_s = False, _kept_s(again_s)


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


def _nobody_looks() -> bool:
    return False


class Places:
    """First come, first served, and a kiosk's next only after everybody who came meanwhile.

    Nobody waits who could go: whenever a place gets free it is given on at once. Whoever can't wait
    here is told when to come again, and keeps its place in line: then it goes before all who came
    after it did. So the line may be far longer than what waits here.
    """

    def __init__(self, rules: PlaceRules, monotonic: Callable[[], float]) -> None:
        self._rules = rules
        self._of: Counter[str] = Counter()
        """Places that kiosks have."""
        self._line = Line(monotonic)
        self._pace = _Pace(monotonic, rules.whole / rules.wait_s)
        self.taken = 0
        """How many ask now."""
        self.waiting = 0
        """How many wait."""

    @property
    def away(self) -> int:
        """Return for how many kiosks a place in line is kept while they wait elsewhere."""
        return self._line.away

    @asynccontextmanager
    async def place(
        self, kiosk_id: str, address: str = "", *, is_gone: Callable[[], bool] = _nobody_looks
    ) -> AsyncIterator[Turn]:
        """Have a place while the block runs; raises NoPlaceError.

        `address`: from where it asks, if it has yet to prove that it is that kiosk. `is_gone`: says
        whether it has hung up; then it waits no more.
        """
        who = Who(kiosk_id, address)
        if self._is_free(kiosk_id):
            turn = Turn(self._line.leave(who))
            self._take(kiosk_id)
        else:
            turn = Turn(await self._turn_of(who, is_gone))
        try:
            yield turn
        finally:
            self._give_back(who, turn)

    def keep(self, kiosk_id: str, again_s: float) -> None:
        """Keep a kiosk's place in line, if it has one, until after it comes again."""
        self._line.keep(Who(kiosk_id, ""), _kept_s(again_s))

    def _is_free(self, kiosk_id: str) -> bool:
        return self.taken < self._rules.whole and self._of[kiosk_id] < self._rules.each

    def _take(self, kiosk_id: str) -> None:
        self.taken += 1
        self._of[kiosk_id] += 1

    async def _turn_of(self, who: Who, is_gone: Callable[[], bool]) -> Numbers:
        """Wait for a place, which is taken then; return where in line it was."""
        self._make_room(who)
        given: Given = asyncio.get_running_loop().create_future()
        self._line.wait(who, given)
        self.waiting += 1
        try:
            async with asyncio.timeout(self._rules.wait_s):
                return await _until_given(given, is_gone)
        except TimeoutError as error:
            if _was_given(given):
                # In the very moment: whoever it was given to has not gone yet, and takes it.
                return given.result()
            self._line.go_away(who, given, _KEPT_S)
            msg = f"no place in {self._rules.wait_s:g} s"
            raise NoPlaceError(msg, self._again_s(who)) from error
        except BaseException:
            self._give_up(who, given)
            raise
        finally:
            self.waiting -= 1

    def _give_up(self, who: Who, given: Given) -> None:
        """Wait no more, whatever was given meanwhile; the place in line is kept for a while."""
        if not _was_given(given):
            self._line.go_away(who, given, _KEPT_S)
            return
        turn = Turn(given.result())
        turn.is_missed(0)
        self._give_back(who, turn)

    def _make_room(self, who: Who) -> None:
        """Stand in line; if too many wait, send the last of all away or raise NoPlaceError."""
        if self._line.is_crowded(who):
            msg = f"from {MOST_ADDRESSES} addresses somebody asks in this kiosk's name"
            raise NoPlaceError(msg, _LONGEST_S)
        self._line.stand(who)
        if self._line.waiting_of(who) >= self._rules.each_waiting:
            msg = f"{self._rules.each_waiting} of this kiosk's wait already"
            raise NoPlaceError(msg, self._again_s(who))
        if self.waiting < self._rules.waiting:
            return
        why = f"{self._rules.waiting} wait already"
        last = self._line.last()
        if last is None or last[0] <= self._line.rank(who):
            raise NoPlaceError(why, self._again_s(who))
        _, other, given = last
        self._line.go_away(other, given, _KEPT_S)
        if not given.done():
            given.set_exception(NoPlaceError(why, self._again_s(other)))

    # Giving places on

    def _give_back(self, who: Who, turn: Turn) -> None:
        self.taken -= 1
        self._of[who.kiosk_id] -= 1
        if not self._of[who.kiosk_id]:
            del self._of[who.kiosk_id]
        if turn.counts:
            self._pace.ended(others_wait=self._line.anybody_here)
        if turn.was is not None and turn.kept_s is not None:
            self._line.take_back(who, turn.was, turn.kept_s)
        self._give_on()

    def _give_on(self) -> None:
        """Let those go whose turn it is, as far as there are places."""
        while self.taken < self._rules.whole:
            first = self._line.first(self._is_free)
            if first is None:
                return
            who, given = first
            self._take(who.kiosk_id)
            given.set_result(self._line.had_its_turn(who))

    # When to come again

    def _again_s(self, who: Who) -> int:
        """Return when somebody's turn will be, nearly, and keep its place until long after."""
        number = self._line.stand(who)
        again_s = max(1, round(_EARLY * self._line.ahead(who) / self._pace.a_second()))
        if again_s > _LONGEST_S:
            # Those that are told no more than this would all come in the same moment.
            again_s = _LONGEST_S - number % (_LONGEST_S // 2)
        self._line.keep(who, _kept_s(again_s))
        return again_s


def _kept_s(again_s: float) -> float:
    return 2 * again_s + _KEPT_S


async def _until_given(given: Given, is_gone: Callable[[], bool]) -> Numbers:
    """Return where in line it was when its turn came; raises NoPlaceError if nobody waits any more.

    Waited for from outside: whatever ends the waiting, it is known whether the turn was given.
    """
    while not given.done():
        await asyncio.wait((given,), timeout=_LOOK_S)
        if is_gone():
            msg = "whoever asked has hung up"
            raise NoPlaceError(msg, 1)
    return given.result()


def _was_given(given: Given) -> bool:
    return given.done() and given.exception() is None
