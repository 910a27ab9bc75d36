"""How wrong PINs slow a kiosk down. Pure: times come from whoever keeps the count.

A PIN says who somebody is, so a wrong one belongs to nobody: all of a kiosk are counted together,
wherever they were typed. Somebody's right PIN says nothing of the wrong ones before it, so it
forgets none: only time does. So nobody can try for another's PIN between sign-ins of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

FREE_TRIES: Final = 5
FIRST_LOCK_S: Final = 60
LONGEST_LOCK_S: Final = 600
"""A box office waits ten minutes at most, whoever typed what."""
FORGET_S: Final = 600
"""Each so many seconds without a wrong PIN, one is forgotten. Not less than the longest lock."""
MOST_COUNTED: Final = 9
"""From so many on a lock is the longest; more are not counted, so that they are forgotten, too."""


@dataclass(frozen=True, slots=True)
class WrongPins:
    """How many there were, and when the last was (aware); None if there was none."""

    count: int
    last_at: datetime | None


def lock_left_s(wrong: WrongPins, now: datetime) -> int:
    """Return for how many seconds no PIN is taken; 0 if one is.

    The fifth wrong PIN locks for a minute; each further one doubles that, up to ten minutes.
    `last_at` is not after `now`: whoever keeps it sees to that when the clock was set back.
    """
    count = min(wrong.count, MOST_COUNTED)
    if count < FREE_TRIES or wrong.last_at is None:
        return 0
    lock_s = min(FIRST_LOCK_S * 2 ** (count - FREE_TRIES), LONGEST_LOCK_S)
    return max(0, int(lock_s - (now - wrong.last_at).total_seconds() + 0.999))


def with_one_more(wrong: WrongPins, now: datetime) -> WrongPins:
    """Return the count after one more wrong PIN, less what time has made forgotten."""
    count = min(wrong.count, MOST_COUNTED)
    if wrong.last_at is not None:
        count = max(0, count - int((now - wrong.last_at).total_seconds() // FORGET_S))
    return WrongPins(min(count + 1, MOST_COUNTED), now)
