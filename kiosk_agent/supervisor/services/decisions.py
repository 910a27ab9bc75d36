"""What the supervisor decided lately, and why."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from kiosk_agent.ports.clock import Clock

MOST: Final = 100
_ROUND: Final = 4
"""Those that come again within so many are a round: one begins, fails, is removed, waits."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that was done, or that was not."""

    at: datetime
    what: str
    why: str
    outcome: str
    """`done`, or why it did not work."""
    times: int = 1
    """How often it was decided, others coming between."""
    last_at: datetime | None = None
    """When it was decided last, where that was more than once."""

    def is_same_as(self, other: "Decision") -> bool:
        """Say whether it is the same decision, whenever it was made."""
        return (self.what, self.why, self.outcome) == (other.what, other.why, other.outcome)

    def to_json(self) -> dict[str, str | int | None]:
        """Return it as the supervisor's socket tells it; times in ISO 8601."""
        last_at = None if self.last_at is None else self.last_at.isoformat()
        told = {"at": self.at.isoformat(), "what": self.what, "why": self.why}
        return {**told, "outcome": self.outcome, "times": self.times, "last_at": last_at}


class Decisions:
    """The last hundred. What is decided again and again is one decision, told when it began.

    So is each of a round that comes again and again: it leaves those before it in sight.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[Decision] = deque(maxlen=MOST)
        self._latest: Decision | None = None

    @property
    def kept(self) -> Sequence[Decision]:
        """All of them, the oldest first."""
        return tuple(self._kept)

    def note(self, what: str, why: str, outcome: str = "done") -> bool:
        """Keep a decision; False if it is the last one again."""
        new = Decision(self._clock.now(), what, why, outcome)
        if self._latest is not None and self._latest.is_same_as(new):
            return False
        self._latest = new
        lately = range(len(self._kept))[-_ROUND:]
        again = next((at for at in lately if self._kept[at].is_same_as(new)), None)
        if again is None:
            self._kept.append(new)
        else:
            known = self._kept[again]
            self._kept[again] = replace(known, times=known.times + 1, last_at=new.at)
        return True
