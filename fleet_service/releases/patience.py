"""Whom ECS did not answer about is left in peace for a while, longer each time."""

from dataclasses import dataclass
from typing import Final

from fleet_service.clock import Clock

_FIRST_PAUSE_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 60.0

Subject = tuple[str, str]
"""A move, and its kiosk or a release."""


@dataclass(frozen=True, slots=True)
class _Rest:
    until: float
    pause: float
    why: str


class Patience:
    """Remembered by this task alone: whoever leads next begins with short pauses."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rests: dict[Subject, _Rest] = {}

    def failed(self, subject: Subject, why: str) -> None:
        """Have a pause, twice as long as the one before."""
        before = self._rests.get(subject)
        pause = _FIRST_PAUSE_S if before is None else min(before.pause * 2, _LONGEST_PAUSE_S)
        self._rests[subject] = _Rest(self._clock.monotonic() + pause, pause, why)

    def went_well(self, subject: Subject) -> None:
        """Have no pause any more."""
        self._rests.pop(subject, None)

    def why(self, subject: Subject) -> str:
        """Return why it is in peace now; empty: it is not."""
        rest = self._rests.get(subject)
        return rest.why if rest is not None and self._clock.monotonic() < rest.until else ""
