"""How wrong PINs slow a kiosk down, how they are forgotten, and that guessing does not pay."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.domain.wrong_pins import (
    FORGET_S,
    LONGEST_LOCK_S,
    MOST_COUNTED,
    WrongPins,
    lock_left_s,
    with_one_more,
)
from tests.support.journal import at

NOW = at("20:00:00")
NONE = WrongPins(0, None)


def _after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("count", "lock_s"),
    [(0, 0), (4, 0), (5, 60), (6, 120), (7, 240), (8, 480), (9, 600), (11, 600), (9_999, 600)],
)
def test_the_lock_doubles_up_to_ten_minutes(count: int, lock_s: int) -> None:
    assert lock_left_s(WrongPins(count, NOW), NOW) == lock_s
    assert lock_left_s(WrongPins(count, None), NOW) == 0, "an old journal may know no time"


@pytest.mark.parametrize(
    ("count", "seconds", "left"),
    [(5, 0.5, 60), (5, 1, 59), (5, 59.5, 1), (5, 60, 0), (9, 599, 1), (9, 600, 0), (9, 10**7, 0)],
)
def test_a_lock_ends_by_time(count: int, seconds: float, left: int) -> None:
    assert lock_left_s(WrongPins(count, NOW), _after(seconds)) == left


@pytest.mark.parametrize(
    ("count", "seconds", "then"),
    [
        (0, 0, 1),
        (4, 0, 5),
        (4, FORGET_S - 1, 5),
        (4, FORGET_S, 4),
        (4, 2 * FORGET_S, 3),
        (4, 10 * FORGET_S, 1),
        (8, 0, 9),
        (9, 0, 9),
        (10_000, FORGET_S, MOST_COUNTED),
        (10_000, 5 * FORGET_S, 5),
    ],
)
def test_each_ten_minutes_without_a_wrong_pin_one_is_forgotten(
    count: int, seconds: float, then: int
) -> None:
    later = _after(seconds)
    assert with_one_more(WrongPins(count, NOW), later) == WrongPins(then, later)


def test_the_first_wrong_pin_counts_from_now() -> None:
    assert with_one_more(NONE, NOW) == WrongPins(1, NOW)


def test_nothing_is_forgotten_while_it_locks() -> None:
    assert FORGET_S >= LONGEST_LOCK_S


@given(st.lists(st.integers(0, 900), max_size=400))
def test_who_guesses_gets_few_tries_in_an_evening(waits: list[int]) -> None:
    """However somebody spreads them: the free ones, then one each ten minutes in the long run."""
    wrong, now, tries = NONE, NOW, 0
    for wait_s in waits:
        now += timedelta(seconds=wait_s)
        if not lock_left_s(wrong, now):
            wrong, tries = with_one_more(wrong, now), tries + 1
    hours = (now - NOW).total_seconds() / 3600
    assert tries <= MOST_COUNTED + 6 * hours


def test_who_guesses_all_evening_gets_thirty_odd_tries() -> None:
    wrong, now, tries = NONE, NOW, 0
    while now < _after(5 * 3600):
        now += timedelta(seconds=lock_left_s(wrong, now) or 1)
        wrong, tries = with_one_more(wrong, now), tries + 1
    assert tries <= 40
