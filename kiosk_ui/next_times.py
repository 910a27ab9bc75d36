"""A time of day as people type it, and when a clock shows it next. No I/O."""

import re
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Final

from kiosk_ui.clock import Clock

_TYPED: Final = re.compile(r"\s*(\d{1,2})[:.,]?(\d{2})\s*", re.ASCII)
_MINUTE: Final = timedelta(minutes=1)


def parse_time(text: str) -> time | None:
    """Return a time typed as `22:30`, `22.30` or `2230`; None if it is none."""
    found = _TYPED.fullmatch(text)
    try:
        return time(int(found[1]), int(found[2])) if found else None
    except ValueError:
        return None


def typed_time(moment: datetime, clock: Clock) -> str:
    """Return a moment as it would be typed, e.g. `22:30`, in the kiosk's zone."""
    return f"{clock.local(moment):%H:%M}"


def next_showing(shown: time, clock: Clock) -> datetime:
    """Return the next moment at which a clock on the wall shows it, in UTC; never the present one.

    Tried minute by minute: so it is right where the clocks are put forward or back, too.
    """
    now = clock.now().astimezone(UTC).replace(second=0, microsecond=0)
    moments = (now + number * _MINUTE for number in count(1))
    return next(
        moment
        for moment in moments
        if (local := clock.local(moment)).hour == shown.hour and local.minute == shown.minute
    )
