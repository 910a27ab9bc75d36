"""Who may ask the ticket API now: so many at once, and each kiosk in its turn."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


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


class Places:
    """Round robin: a kiosk whose requests wait lets every other one go before its next.

    Nobody waits who could go: whenever a place gets free it is given on at once.
    """

    def __init__(self, rules: PlaceRules) -> None:
        self._rules = rules
        self._of: Counter[str] = Counter()
        """Places that kiosks have."""
        self._lines: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        """Who waits, by kiosk; the kiosk whose turn is next comes first."""
        self.taken = 0
        """How many ask now."""
        self.waiting = 0
        """How many wait."""

    @asynccontextmanager
    async def place(self, kiosk_id: str) -> AsyncIterator[None]:
        """Have a place while the block runs; raises NoPlaceError."""
        if self._is_free(kiosk_id):
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
        if self.waiting >= self._rules.waiting:
            msg = f"{self._rules.waiting} wait already"
            raise NoPlaceError(msg)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(kiosk_id, deque()).append(turn)
        self.waiting += 1
        try:
            async with asyncio.timeout(self._rules.wait_s):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                # It was its turn in the very moment in which it gave up.
                self._give_back(kiosk_id)
            else:
                self._leave_line(kiosk_id, turn)
            if isinstance(error, TimeoutError):
                msg = f"no place in {self._rules.wait_s:g} s"
                raise NoPlaceError(msg) from error
            raise
        finally:
            self.waiting -= 1

    def _leave_line(self, kiosk_id: str, turn: "asyncio.Future[None]") -> None:
        line = self._lines.get(kiosk_id)
        if line is None or turn not in line:
            return
        line.remove(turn)
        if not line:
            del self._lines[kiosk_id]

    def _give_back(self, kiosk_id: str) -> None:
        self.taken -= 1
        self._of[kiosk_id] -= 1
        if not self._of[kiosk_id]:
            del self._of[kiosk_id]
        self._give_on()

    def _give_on(self) -> None:
        """Let those go whose turn it is, as far as there are places."""
        while (kiosk_id := self._following()) is not None:
            line = self._lines[kiosk_id]
            turn = line.popleft()
            self._lines.move_to_end(kiosk_id)
            if not line:
                del self._lines[kiosk_id]
            # One that gave up waiting a moment ago is still in its line.
            if not turn.done():
                turn.set_result(None)
                self._take(kiosk_id)

    def _following(self) -> str | None:
        return next((kiosk_id for kiosk_id in self._lines if self._is_free(kiosk_id)), None)
