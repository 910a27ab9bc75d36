"""A time of day as it is typed, and the next moment of it, also where clocks are put forward."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from kiosk_ui.clock import SystemClock
from kiosk_ui.next_times import next_showing, parse_time, typed_time

BERLIN = ZoneInfo("Europe/Berlin")


class Wall(SystemClock):
    """A clock that stands at one moment."""

    def __init__(self, moment: str) -> None:
        super().__init__(BERLIN)
        self._moment = datetime.fromisoformat(moment)

    def now(self) -> datetime:
        """Return the one moment."""
        return self.local(self._moment)


@pytest.mark.parametrize("text", ["22:05", "22.05", "22,05", "2205", " 22:05 "])
def test_a_time_is_read_as_people_type_it(text: str) -> None:
    assert parse_time(text) == time(22, 5)


def test_an_hour_of_one_digit_is_read() -> None:
    assert parse_time("9:30") == parse_time("930") == time(9, 30)


@pytest.mark.parametrize("text", ["", "22", "24:00", "22:60", "22:3", "22::30", "122:30", "٢٢:٣٠"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("now", "typed", "found"),
    [
        ("2026-11-27T20:00:40+01:00", "22:30", "2026-11-27T22:30:00+01:00"),
        ("2026-11-27T20:00:40+01:00", "20:01", "2026-11-27T20:01:00+01:00"),
        ("2026-11-27T23:30:00+01:00", "01:15", "2026-11-28T01:15:00+01:00"),
        # The minute that it is now is over: the next one is tomorrow's.
        ("2026-11-27T20:00:40+01:00", "20:00", "2026-11-28T20:00:00+01:00"),
        # Clocks go from 2:00 to 3:00, and from 3:00 back to 2:00.
        ("2026-03-29T01:30:00+01:00", "03:10", "2026-03-29T03:10:00+02:00"),
        ("2026-03-29T01:30:00+01:00", "02:10", "2026-03-30T02:10:00+02:00"),
        ("2026-10-25T02:50:00+02:00", "02:45", "2026-10-25T02:45:00+01:00"),
        ("2026-10-24T23:00:00+02:00", "04:00", "2026-10-25T04:00:00+01:00"),
    ],
)
def test_the_next_moment_is_found_by_the_clock_of_the_venue(
    now: str, typed: str, found: str
) -> None:
    clock, shown = Wall(now), parse_time(typed)
    assert shown is not None
    moment = next_showing(shown, clock)
    assert moment == datetime.fromisoformat(found)
    assert typed_time(moment, clock) == typed
