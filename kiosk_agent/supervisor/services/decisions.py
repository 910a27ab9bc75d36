"""What the supervisor decided lately, and why."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kiosk_agent.ports.clock import Clock

MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that was done, or that was not."""

    at: datetime
    what: str
    why: str
    outcome: str
    """`done`, or why it did not work."""


class Decisions:
    """The last hundred. What is decided again and again is one decision, told when it began."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[Decision] = deque(maxlen=MOST)

    @property
    def kept(self) -> Sequence[Decision]:
        """All of them, the oldest first."""
        return tuple(self._kept)

    def note(self, what: str, why: str, outcome: str = "done") -> bool:
        """Keep a decision; False if it is the last one again."""
        last = self._kept[-1] if self._kept else None
        if last is not None and (last.what, last.why, last.outcome) == (what, why, outcome):
            return False
        self._kept.append(Decision(self._clock.now(), what, why, outcome))
        return True
