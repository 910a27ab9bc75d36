"""A circuit breaker: a ticket API that does not answer is left in peace for a while."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_ASKERS: Final = 2
"""Failures of one kiosk alone open nothing: it may be what that kiosk sends, and what is the
ticket API's own trouble shows with the next kiosk."""


_NO_TURN: Final = -1


class Circuit(StrEnum):
    """Whether the ticket API is asked."""

    CLOSED = "closed"
    """It is."""
    OPEN = "open"
    """It is not."""
    HALF_OPEN = "half_open"
    """One request at a time is let through, to see."""


class CircuitOpenError(Exception):
    """The ticket API is not asked now. `again_s`: when it may be, in seconds."""

    def __init__(self, again_s: float) -> None:
        super().__init__(f"not asked for {again_s:.1f} s")
        self.again_s = again_s


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave to ask once. What comes of it is told with it."""

    asker: str
    turn: int
    """Which time between two changes of the circuit it belongs to: what comes of it after another
    change says nothing of now."""


class Breaker:
    """Opens after `failures` in a row, of two kiosks at least; `open_s` later one may try."""

    def __init__(self, monotonic: Callable[[], float], *, failures: int, open_s: float) -> None:
        self._monotonic = monotonic
        self._most = failures
        self._open_s = open_s
        self._failed = 0
        self._askers: set[str] = set()
        self._open_until: float | None = None
        self._trying = False
        self._turn = 0
        self.opened = 0
        """How often it has."""

    @property
    def circuit(self) -> Circuit:
        """Return how it stands now."""
        if self._open_until is None:
            return Circuit.CLOSED
        return Circuit.OPEN if self._monotonic() < self._open_until else Circuit.HALF_OPEN

    def look(self) -> None:
        """Raise CircuitOpenError if nobody would be let through now; takes nothing."""
        if self._open_until is None:
            return
        left = self._open_until - self._monotonic()
        if left > 0 or self._trying:
            raise CircuitOpenError(left if left > 0 else self._open_s)

    def enter(self, asker: str) -> Pass:
        """Let one ask, who then tells what came of it; raises CircuitOpenError."""
        self.look()
        self._trying = self._open_until is not None
        return Pass(asker, self._turn)

    def pass_by(self) -> Pass:
        """Let one ask of which nothing is told; raises CircuitOpenError also where one may try."""
        if self._open_until is not None:
            left = self._open_until - self._monotonic()
            raise CircuitOpenError(left if left > 0 else self._open_s)
        return Pass("", _NO_TURN)

    def went_well(self, leave: Pass) -> None:
        """Note that the ticket API answered."""
        if leave.turn != self._turn:
            return
        self._failed = 0
        self._askers.clear()
        if self._open_until is not None:
            self._change(None)

    def failed(self, leave: Pass) -> bool:
        """Note that it did not, or too late; say whether the circuit opened for it."""
        if leave.turn != self._turn:
            return False
        self._failed += 1
        self._askers.add(leave.asker)
        tried = self._open_until is not None
        if not tried and (self._failed < self._most or len(self._askers) < _ASKERS):
            return False
        self._change(self._monotonic() + self._open_s)
        self.opened += not tried
        return True

    def went_away(self, leave: Pass) -> None:
        """Note that nobody knows what came of it; another may try."""
        if leave.turn == self._turn:
            self._trying = False

    def _change(self, open_until: float | None) -> None:
        self._open_until = open_until
        self._trying = False
        self._failed = 0
        self._askers.clear()
        self._turn += 1
