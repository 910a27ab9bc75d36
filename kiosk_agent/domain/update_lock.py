"""How long an update lock holds: no turn of the clock and no restart makes it longer. No I/O."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kiosk_agent.domain.leases import Moment
from kiosk_contracts.update_lock import UpdateLock

_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class KeptLock:
    """A lock, and its end by the clock that nobody can turn, as of the last look at it."""

    lock: UpdateLock
    known_at: datetime
    """The latest that the wall clock was seen at."""
    boot_id: str
    looked_ms: int
    """CLOCK_BOOTTIME of that boot at the last look that was kept."""
    ends_ms: int
    """The end by the same clock."""


def begun(lock: UpdateLock, moment: Moment) -> KeptLock:
    """Return a lock that is set now."""
    lasts_ms = max(0, (lock.until - moment.now) // _MS)
    now_ms = moment.boottime_ms
    return KeptLock(lock, moment.now, moment.boot_id, now_ms, now_ms + lasts_ms)


def left(kept: KeptLock, moment: Moment) -> timedelta:
    """Return how long a lock still holds, nought or less once it has ended.

    The wall clock or CLOCK_BOOTTIME ends it, whichever is first. After a reboot what was left at
    the last look is the most; a clock that is behind what is known of it ends the lock: nobody can
    say when its end would be.
    """
    by_wall = kept.lock.until - moment.now
    if moment.boot_id == kept.boot_id:
        return min(by_wall, (kept.ends_ms - moment.boottime_ms) * _MS)
    known = max(kept.known_at, moment.last_recorded_at or kept.known_at)
    if moment.now < known:
        return timedelta()
    return min(by_wall, (kept.ends_ms - kept.looked_ms) * _MS)


def looked_at(kept: KeptLock, moment: Moment) -> KeptLock:
    """Return the lock as of this look, with its end by this boot's clock."""
    now_ms = moment.boottime_ms
    ends_ms = now_ms + max(0, left(kept, moment) // _MS)
    return KeptLock(kept.lock, max(kept.known_at, moment.now), moment.boot_id, now_ms, ends_ms)
