"""A pause for whoever sent too many wrong proofs in a row."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from fleet_service.clock import Clock

MOST_GUESSERS: Final = 100_000
"""Some 20 MB. The one that failed longest ago is forgotten first; each may be somebody who has as
many addresses, and a fresh one each time."""


@dataclass(slots=True)
class _Failures:
    count: int = 0
    paused_until: float = 0.0


class FailureThrottle:
    """Counts failures by who guesses what, in memory: each task of the service counts its own.

    The pause also holds back whoever is right, if he is in the same place, so it is short: a kiosk
    sells on without a session, and secrets are long enough that the pause is a matter of load, not
    of guessing.
    """

    def __init__(self, clock: Clock, *, allowed: int, pause_s: float) -> None:
        self._clock = clock
        self._allowed = allowed
        self._pause_s = pause_s
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def pause_left_s(self, guesser: str) -> float:
        """Return how long this one still has to wait; 0 if it need not."""
        found = self._failures.get(guesser)
        return max(0.0, found.paused_until - self._clock.monotonic()) if found else 0.0

    def failed(self, guesser: str) -> None:
        """Count a wrong proof."""
        found = self._failures.setdefault(guesser, _Failures())
        self._failures.move_to_end(guesser)
        found.count += 1
        if found.count >= self._allowed:
            found.count = 0
            found.paused_until = self._clock.monotonic() + self._pause_s
        while len(self._failures) > MOST_GUESSERS:
            self._failures.popitem(last=False)

    def succeeded(self, guesser: str) -> None:
        """Forget the failures before."""
        self._failures.pop(guesser, None)
