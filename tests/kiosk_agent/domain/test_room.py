"""When the room on the disk is low, when sales stop, and when the reserve may be held again."""

import pytest

from kiosk_agent.domain.reporting import room_warnings
from kiosk_agent.domain.room import (
    RoomLimits,
    RoomState,
    in_megabytes,
    may_hold_reserve,
    room_state,
)

LIMITS = RoomLimits(warn_bytes=500, stop_bytes=64, reserve_bytes=16)


@pytest.mark.parametrize(
    ("free", "state"),
    [
        (500, RoomState.PLENTY),
        (499, RoomState.LOW),
        (64, RoomState.LOW),
        (63, RoomState.STOP),
        (0, RoomState.STOP),
    ],
)
def test_the_state_changes_exactly_at_its_bounds(free: int, state: RoomState) -> None:
    assert room_state(free, LIMITS) is state


@pytest.mark.parametrize(("free", "may"), [(80, True), (79, False)])
def test_the_reserve_is_held_again_only_where_that_stops_no_sale(free: int, may: bool) -> None:  # noqa: FBT001
    assert may_hold_reserve(free, LIMITS) is may


def test_the_warning_comes_long_before_sales_stop() -> None:
    limits = RoomLimits()
    assert limits.warn_bytes >= 5 * limits.stop_bytes
    assert limits.stop_bytes > 2 * limits.reserve_bytes


def test_megabytes_promise_no_room_that_is_not_there() -> None:
    assert in_megabytes(63_999_999) == "63 MB"


def test_warnings_say_how_much_is_free_and_what_goes_on() -> None:
    limits = RoomLimits()
    assert room_warnings(limits.warn_bytes, limits, reserve_held=True) == []
    [low] = room_warnings(90_000_000, limits, reserve_held=True)
    assert (low.code, "90 MB" in low.text, "64 MB" in low.text) == ("storage_low", True, True)
    [stop] = room_warnings(9_000_000, limits, reserve_held=True)
    assert (stop.code, "9 MB" in stop.text) == ("storage_full", True)
    assert "reserve" not in stop.text
    assert "voids and gates go on" in stop.hint
    [used] = room_warnings(0, limits, reserve_held=False)
    assert "reserve is in use" in used.text
