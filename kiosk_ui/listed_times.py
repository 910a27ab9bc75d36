"""Moments in a narrow column of a list: the time of today, the day of another. No I/O."""

from datetime import UTC, datetime
from functools import cache, lru_cache

from babel import Locale
from rich.cells import cell_len

from kiosk_texts import short_day, spoken, time_to_the_minute
from kiosk_ui.clock import Clock


def listed_time(moment: datetime, clock: Clock) -> str:
    """Return e.g. `20:14`, of another day than today `21/11`, in the kiosk's zone."""
    local = clock.local(moment)
    is_today = local.date() == clock.now().date()
    return _shown(local.replace(second=0, microsecond=0, tzinfo=None), is_today, spoken().locale)


def listed_time_width() -> int:
    """Return how many columns a `listed_time` takes at most, in the form of the venue."""
    return _widest(spoken().locale)


@lru_cache(maxsize=512)
def _shown(moment: datetime, is_today: bool, _locale: Locale) -> str:  # noqa: FBT001  a cache's key
    return time_to_the_minute(moment) if is_today else short_day(moment)


@cache
def _widest(_locale: Locale) -> int:
    """Try a day and an hour of two digits in every form."""
    late = datetime(2026, 12, 20, 22, 44, tzinfo=UTC)
    return max(cell_len(time_to_the_minute(late)), cell_len(short_day(late)))
