"""Venues: opening hours as people write them, time zones that exist, each kiosk once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kiosk_contracts.venues import (
    OpeningHoursError,
    OpeningTimes,
    Venue,
    Weekday,
    read_opening_hours,
    write_opening_hours,
)


def venue(**changes: Any) -> Venue:
    return Venue.model_validate(
        {
            "venue_id": "harbour-hall",
            "name": "Harbour Hall",
            "time_zone": "Europe/Berlin",
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("text", "days", "opens", "closes"),
    [
        ("mo 10:00-18:00", "mo", "10:00", "18:00"),
        ("mo-fr 10:00-18:00", "mo tu we th fr", "10:00", "18:00"),
        ("  SA-MO   18:00-02:30 ", "sa su mo", "18:00", "02:30"),
        ("su-sa 00:00-23:59", "su mo tu we th fr sa", "00:00", "23:59"),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, days: str, opens: str, closes: str) -> None:
    [times] = read_opening_hours(text)
    assert (" ".join(times.days), times.opens, times.closes) == (days, opens, closes)


def test_several_spans_and_none() -> None:
    assert len(read_opening_hours("mo-fr 10:00-18:00, sa 12:00-23:30,")) == 2
    assert read_opening_hours("") == ()


@pytest.mark.parametrize(
    "text",
    [
        "always",
        "mo",
        "mo 10-18",
        "mo 24:00-25:00",
        "xx 10:00-18:00",
        "mo-xx 10:00-18:00",
        "10:00-18:00",
    ],
)
def test_what_is_no_hours_is_said_with_an_example(text: str) -> None:
    with pytest.raises(OpeningHoursError, match="write e") as caught:
        read_opening_hours(f"tu 10:00-18:00, {text}")
    assert repr(text) in str(caught.value)


_TIMES = st.builds(
    lambda hour, minute: f"{hour:02d}:{minute:02d}", st.integers(0, 23), st.integers(0, 59)
)


@given(
    st.lists(
        st.builds(
            OpeningTimes,
            days=st.lists(st.sampled_from(Weekday), min_size=1, max_size=7, unique=True).map(tuple),
            opens=_TIMES,
            closes=_TIMES,
        ),
        max_size=5,
    ).map(tuple)
)
def test_what_is_written_is_read_as_the_same_times(hours: tuple[OpeningTimes, ...]) -> None:
    def flat(some: tuple[OpeningTimes, ...]) -> list[tuple[str, str, str]]:
        return [(day, one.opens, one.closes) for one in some for day in one.days]

    assert flat(read_opening_hours(write_opening_hours(hours))) == flat(hours)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"time_zone": "Europe/Berlln"}, "no time zone 'Europe/Berlln'"),
        ({"time_zone": "../etc/passwd"}, "no time zone"),
        ({"time_zone": ""}, "no time zone"),
        ({"name": "Harbour\x1b[2J"}, "name"),
        ({"kiosks": [{"kiosk_id": "a", "kiosk_code": "AA1"}] * 2}, "two of its kiosks"),
        (
            {
                "kiosks": [
                    {"kiosk_id": "a", "kiosk_code": "AA1"},
                    {"kiosk_id": "b", "kiosk_code": "AA1"},
                ]
            },
            "two of its kiosks have the kiosk_code AA1",
        ),
        (
            {"kiosks": [{"kiosk_id": f"k{n}", "kiosk_code": f"K{n}"} for n in range(41)]},
            "at most 40",
        ),
    ],
)
def test_a_venue_that_can_not_be_is_refused(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        venue(**change)
