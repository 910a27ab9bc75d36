"""What a kiosk says may be late, left out, or a lie: that alone neither moves nor fails it."""

from datetime import timedelta

import pytest

from fleet_service.releases.domain import steps
from fleet_service.releases.domain.moves import Move
from fleet_service.releases.domain.steps import apply
from kiosk_contracts.releases import KioskMoveState, MoveState
from tests.support.move_course import Course, kinds, why
from tests.support.moving_fleet import NEW, OLD, shown, venue_of

NOBODY = shown("", "none")


def settling() -> Course:
    course = Course(venue_of(1))
    course.until(KioskMoveState.SETTLING)
    return course


# A report that is late


def test_a_report_that_was_late_is_no_lost_screen_however_often_it_comes() -> None:
    course = settling()
    for _ in range(5):
        course.venue.pass_time(15)
        assert kinds(course.next(ui=NOBODY)) == ["GoDown"]
        # The same report is looked at again, at once and until the next one comes.
        assert kinds(course.next(ui=NOBODY)) == ["Wait"]
        course.venue.pass_time(15)
        assert kinds(course.next()) == ["ComeUp"]
    one = course.move.of("a")
    assert (one.state, one.losses) == (KioskMoveState.SETTLING, 0)


def test_a_screen_that_the_next_report_has_not_either_is_lost_and_two_minutes_fail() -> None:
    course = settling()
    assert kinds(course.next(ui=NOBODY)) == ["GoDown"]
    course.venue.pass_time(6)
    assert kinds(course.next(ui=NOBODY)) == ["LoseScreen"]
    course.venue.pass_time(1)
    assert kinds(course.next(ui=NOBODY)) == ["GoDown"]
    course.venue.pass_time(121)
    assert kinds(course.next(ui=NOBODY)) == ["Fail"]


def test_a_supervisor_that_says_nothing_is_no_lost_screen_until_ten_minutes_are_over() -> None:
    course = settling()
    assert kinds(course.next(ui=None)) == ["GoDown"]
    course.venue.pass_time(600)
    assert kinds(course.next(ui=None)) == ["Wait"]
    assert why(course.next(ui=None)) == "its supervisor does not say what has the screen"
    course.venue.pass_time(1)
    assert kinds(course.next(ui=None)) == ["Fail"]


def test_an_agent_that_was_started_again_and_knows_nothing_yet_loses_nothing() -> None:
    course = settling()
    for _ in range(5):
        course.venue.pass_time(15)
        course.next(ui=None)
        course.venue.pass_time(15)
        course.next()
    assert course.move.of("a").losses == 0


# A kiosk that lies


def test_one_that_says_that_it_shows_the_release_before_it_was_told_is_told_all_the_same() -> None:
    course = Course(venue_of(1))
    course.venue.kiosks[0].lies = True
    course.venue.pass_time(1)
    assert kinds(course.next()) == ["Begin"]
    assert kinds(course.next()) == ["Tell"]
    assert course.venue.calls == [("a", NEW)]


def test_one_that_lies_about_its_release_does_not_move_by_it_and_goes_back() -> None:
    course = Course(venue_of(2), "a")
    course.until(KioskMoveState.MOVING)
    liar = course.venue.kiosks[0]
    # It is told, runs nothing of it, says that it shows it, and invents a sale at it.
    liar.runs, liar.lies, liar.sold = "", True, 99
    course.venue.pass_time(590)
    assert "ECS runs no task of it there" in why(course.next())
    course.venue.pass_time(15)
    assert kinds(course.next()) == ["Fail"]
    assert course.move.state is MoveState.STOPPING


def test_one_that_says_that_it_is_back_is_not_while_ecs_runs_the_release_there() -> None:
    course = Course(venue_of(1))
    course.until(KioskMoveState.MOVING)
    course.venue.kiosks[0].obey()
    course.move = apply(course.move, steps.Fail("a", "x"), course.venue.now)
    course.next()
    course.venue.pass_time(200)
    assert why(course.next(ui=shown(OLD))) == "ECS still runs the release there"


# What is kept of waiting


def decided(move: Move, step: steps.MoveStep, course: Course, after_s: int) -> str:
    found = steps.decision(move, step, course.venue.now + timedelta(seconds=after_s))
    return "" if found is None else found.why


@pytest.mark.parametrize("lasts", [True, False])
def test_a_wait_that_began_soon_after_another_is_kept_once_a_minute_has_passed(
    *, lasts: bool
) -> None:
    course = Course(venue_of(1))
    busy, locked = steps.Wait("a", "busy"), steps.Wait("a", "locked")
    now = course.venue.now
    move = apply(course.move, busy, now)
    move = apply(move, locked, now + timedelta(seconds=5))
    assert decided(move, locked, course, 59) == ""
    move = apply(move, locked, now + timedelta(seconds=59))
    if lasts:
        assert decided(move, locked, course, 60) == "locked"
        move = apply(move, locked, now + timedelta(seconds=60))
        assert decided(move, locked, course, 600) == "", "and once"
    else:
        move = apply(move, steps.Begin("a", "it is next", OLD), now + timedelta(seconds=60))
        assert not move.of("a").unnoted, "what is over is not told any more"
