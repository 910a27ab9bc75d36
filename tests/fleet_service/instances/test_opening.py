"""Whether people are expected at a venue, by its hours and events, in its own time zone."""

from datetime import UTC, datetime, timedelta

import pytest

from fleet_service.instances.opening import AFTER, BEFORE, Span, is_open
from kiosk_contracts.venues import Venue, read_opening_hours


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def venue(hours: str, zone: str = "Europe/Berlin") -> Venue:
    return Venue(
        venue_id="hall", name="Hall", time_zone=zone, opening_hours=read_opening_hours(hours)
    )


@pytest.mark.parametrize(
    ("hours", "moment", "opened"),
    [
        # A Thursday in winter: Berlin is an hour ahead.
        ("th 10:00-18:00", "2026-11-26T08:29:59", False),
        ("th 10:00-18:00", "2026-11-26T08:30:00", True),
        ("th 10:00-18:00", "2026-11-26T17:29:59", True),
        ("th 10:00-18:00", "2026-11-26T17:30:00", False),
        ("fr 10:00-18:00", "2026-11-26T12:00:00", False),
        # Over midnight: it is still Thursday's evening.
        ("th 20:00-02:00", "2026-11-27T01:29:59", True),
        ("th 20:00-02:00", "2026-11-27T01:30:00", False),
        ("th 20:00-02:00", "2026-11-26T01:00:00", False),
        # Round the clock.
        ("mo-su 00:00-00:00", "2026-11-26T23:00:00", True),
        # Summer, when Berlin is two hours ahead; and the night when clocks go back.
        ("th 10:00-18:00", "2026-07-23T07:30:00", True),
        ("th 10:00-18:00", "2026-07-23T16:30:00", False),
        ("sa 22:00-03:00", "2026-10-25T02:29:59", True),
        ("sa 22:00-03:00", "2026-10-25T02:30:00", False),
        ("", "2026-11-26T03:00:00", True),
    ],
)
def test_hours_are_by_the_clock_on_the_venues_wall(
    hours: str,
    moment: str,
    opened: bool,  # noqa: FBT001
) -> None:
    assert is_open(venue(hours), (), at(moment)) is opened


def test_the_day_begins_where_the_venue_is() -> None:
    tokyo = venue("fr 08:00-20:00", "Asia/Tokyo")
    assert is_open(tokyo, (), at("2026-11-26T23:00:00"))
    assert not is_open(tokyo, (), at("2026-11-26T12:00:00"))


def test_an_event_opens_a_venue_that_is_closed() -> None:
    show = Span(at("2026-11-29T18:00:00"), at("2026-11-29T21:00:00"))
    closed = venue("mo 10:00-18:00")
    for moment, opened in (
        (show.begins - BEFORE - timedelta(seconds=1), False),
        (show.begins - BEFORE, True),
        (show.ends + AFTER - timedelta(seconds=1), True),
        (show.ends + AFTER, False),
    ):
        assert is_open(closed, (show,), moment) is opened
