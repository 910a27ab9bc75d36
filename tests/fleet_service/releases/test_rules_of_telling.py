"""One that was begun is told at once, or not before it may be moved once more."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from fleet_service.releases.domain.steps import apply
from kiosk_contracts.releases import KioskMoveState, MoveState
from tests.support.move_course import Course, kinds, why
from tests.support.moving_fleet import NEW, OLD, SimulatedVenue, venue_of


def begun(count: int = 2) -> Course:
    """Return a move whose first kiosk was begun, and of which ECS was told nothing."""
    course = Course(venue_of(count), canary="a")
    assert kinds(course.next())[0] == "Begin"
    course.venue.pass_time(3600)
    return course


def busy(venue: SimulatedVenue) -> None:
    venue.kiosks[0].busy = True


def locked(venue: SimulatedVenue) -> None:
    venue.kiosks[0].locked = True


def alone(venue: SimulatedVenue) -> None:
    venue.kiosks[1].screen = "none"


def silent(venue: SimulatedVenue) -> None:
    venue.kiosks[0].line = False


@pytest.mark.parametrize("happens", [busy, locked, alone, silent])
def test_what_happened_before_it_was_told_makes_it_wait_again(
    happens: Callable[[SimulatedVenue], None],
) -> None:
    course = begun()
    happens(course.venue)
    course.venue.pass_time(100)
    assert kinds(course.next())[0] == "Unbegin"
    one = course.move.of("a")
    assert (one.state, one.is_told, one.from_release) == (KioskMoveState.WAITING, False, "")
    assert course.venue.calls == []


@pytest.mark.parametrize("state", [MoveState.PAUSED, MoveState.STOPPING])
def test_a_move_that_does_not_run_tells_nobody_the_release_who_was_not_told(
    state: MoveState,
) -> None:
    course = begun()
    course.move = course.move.model_copy(update={"state": state, "why": "x"})
    assert kinds(course.next())[0] == "Unbegin"
    assert course.venue.calls == []
    if state is MoveState.STOPPING:
        course.next()
        assert course.move.state is MoveState.STOPPED


def test_one_that_may_still_be_moved_is_told() -> None:
    course = begun()
    assert kinds(course.next())[0] == "Tell"
    assert course.venue.calls == [("a", NEW)]


def telling(course: Course) -> None:
    """Keep that a call may be under way just now."""
    news = {"telling_at": course.venue.now}
    kiosks = [one.model_copy(update=news) for one in course.move.kiosks if one.kiosk_id == "a"]
    kiosks += [one for one in course.move.kiosks if one.kiosk_id != "a"]
    course.move = course.move.model_copy(update={"kiosks": tuple(kiosks)})


def test_a_call_of_which_nobody_knows_is_waited_for_and_then_ecs_says_what_came_of_it() -> None:
    course = begun()
    telling(course)
    busy(course.venue)
    course.venue.pass_time(89)
    assert why(course.next()).startswith("ECS may be hearing of it: somebody is busy")
    course.venue.pass_time(1)
    assert why(course.next(asked=False)) == "ECS is to be asked"
    assert kinds(course.next())[0] == "Unbegin"


def test_one_that_was_told_though_the_answer_was_lost_is_judged() -> None:
    course = begun()
    telling(course)
    busy(course.venue)
    course.venue.kiosks[0].told = NEW
    course.venue.pass_time(90)
    assert kinds(course.next())[0] == "Tell"
    assert course.move.of("a").told_at is not None


def test_one_that_waits_again_is_begun_again_with_what_it_ran() -> None:
    course = begun()
    busy(course.venue)
    course.venue.pass_time(15)
    course.next()
    course.venue.kiosks[0].busy = False
    course.venue.pass_time(15)
    assert kinds(course.next())[0] == "Begin"
    assert course.move.of("a").from_release == OLD


def test_a_wait_says_nothing_that_counts_against_it() -> None:
    course = begun()
    telling(course)
    busy(course.venue)
    course.venue.pass_time(15)
    [step, *_] = course.next()
    after = apply(course.move, step, course.venue.now + timedelta(seconds=1)).of("a")
    assert (after.state, after.told_at) == (KioskMoveState.MOVING, None)


def test_one_where_a_task_was_started_before_the_service_was_killed_is_told_and_judged() -> None:
    course = begun()
    telling(course)
    busy(course.venue)
    course.venue.pass_time(90)
    # The task mover says what a host is to run once it has started it there.
    course.venue.kiosks[0].runs = NEW
    assert kinds(course.next())[0] == "Tell"


# Who goes first, and what is no progress


def waits_again(course: Course) -> None:
    """Have the one that was begun wait again, before it was told."""
    busy(course.venue)
    course.venue.pass_time(15)
    found = course.next()
    assert kinds(found)[0] == "Unbegin"


def test_a_canary_that_nobody_named_and_that_waits_again_keeps_no_other_from_going_first() -> None:
    course = Course(venue_of(2))
    course.next()
    assert (course.move.canary, course.move.canary_chosen) == ("a", True)
    waits_again(course)
    if course.move.canary is None:
        course.next()
    assert (course.move.canary, course.move.of("b").state) == ("b", KioskMoveState.MOVING)
    assert course.move.of("a").state is KioskMoveState.WAITING
    # It goes alone, as any canary does.
    course.venue.kiosks[0].busy = False
    course.venue.pass_time(15)
    course.next()
    assert course.venue.calls == [("b", NEW)]
    assert course.move.of("a").why == "b goes first, and alone"


def test_a_canary_that_was_named_is_waited_for() -> None:
    course = begun()
    waits_again(course)
    assert (course.move.canary, course.move.of("b").state) == ("a", KioskMoveState.WAITING)
    assert course.move.of("b").why == "a goes first, and alone"


def test_to_be_begun_and_to_wait_again_is_no_progress_and_a_call_that_went_through_is_once() -> (
    None
):
    course = Course(venue_of(2), canary="a")
    course.next()
    waits_again(course)
    assert course.move.progressed_at is None
    course.venue.kiosks[0].busy = False
    course.venue.pass_time(15)
    course.next()
    assert course.move.progressed_at is None
    course.next()
    assert course.venue.calls == [("a", NEW)]
    told = course.venue.now
    assert course.move.progressed_at == told
    # Somebody else tells it another release, again and again.
    for _ in range(3):
        course.venue.kiosks[0].told = OLD
        course.venue.pass_time(15)
        course.next()
    assert len(course.venue.calls) == 4
    assert course.move.progressed_at == told
