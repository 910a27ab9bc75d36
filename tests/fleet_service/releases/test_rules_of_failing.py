"""Each rule of a move by itself: what fails, who is brought back, and what comes of the move."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fleet_service.releases.domain import steps
from fleet_service.releases.domain.moves import Move
from fleet_service.releases.domain.plan import to_ask
from fleet_service.releases.domain.seen import EcsNow
from fleet_service.releases.domain.steps import MoveStep, apply
from kiosk_contracts.releases import KioskMoveState, MoveState
from tests.support.move_course import Course, Seen, kinds, why
from tests.support.moving_fleet import (
    IMAGES,
    NEW,
    OLD,
    crashing,
    shown,
    venue_of,
)

LOCK = {"until": "2026-11-27T20:00:00Z", "why": "first night", "by": "Max"}


# What fails


@pytest.mark.parametrize("state", [KioskMoveState.MOVING, KioskMoveState.SETTLING])
def test_one_where_the_release_crashes_goes_back_at_once(state: KioskMoveState) -> None:
    course = Course(venue_of(2))
    course.until(state)
    found = course.next(ui=crashing(NEW))
    assert kinds(found)[0] == "Fail"
    assert "ended 3 times there: status 1" in why(found)
    assert kinds(course.next())[0] == "Tell"
    assert course.venue.calls[-1] == ("a", OLD)


def test_one_that_has_moved_goes_back_if_the_release_crashes_there_while_others_wait() -> None:
    course = Course(venue_of(3), settle_s=3)
    course.until(KioskMoveState.MOVED)
    assert course.move.state is MoveState.RUNNING
    found = course.next(ui=crashing(NEW))
    assert kinds(found)[0] == "Fail"
    assert "it had moved, and the release ended 3 times: status 1" in why(found)
    assert course.move.of("a").state is KioskMoveState.MOVING_BACK
    assert course.move.state is MoveState.STOPPING
    course.next(ui=shown(NEW))
    assert ("a", OLD) in course.venue.calls
    assert all(kiosk != "c" for kiosk, _ in course.venue.calls), "nobody else begins"


def test_another_image_that_crashes_is_nothing_to_it() -> None:
    course = Course(venue_of(1))
    course.until(KioskMoveState.SETTLING)
    old = crashing(OLD)["crashing"]
    assert kinds(course.next(ui=shown(NEW, crashing=old))) == ["Wait"]


def test_a_screen_that_answers_nobody_for_two_minutes_fails() -> None:
    course = Course(venue_of(1))
    course.until(KioskMoveState.MOVING)
    down = shown("", "none")
    assert kinds(course.next(ui=down)) == ["GoDown"]
    course.venue.pass_time(100)
    assert kinds(course.next(ui=down)) == ["Wait"]
    assert kinds(course.next(ui=shown(OLD))) == ["ComeUp"]
    assert kinds(course.next(ui=down)) == ["GoDown"]
    course.venue.pass_time(121)
    found = course.next(ui=down)
    assert kinds(found) == ["Fail"]
    assert "no kiosk UI answered keys for 2 minutes" in why(found)


def test_a_line_that_goes_is_no_failure_and_time_counts_anew_when_it_is_back() -> None:
    for state in (KioskMoveState.MOVING, KioskMoveState.SETTLING):
        course = Course(venue_of(1), settle_s=300)
        course.until(state)
        kiosk = course.venue.kiosks[0]
        kiosk.line = False
        course.venue.pass_time(3600)
        assert kinds(course.next()) == ["Excuse"]
        assert kinds(course.next()) == ["Wait"]
        kiosk.line = True
        course.venue.pass_time(1)
        assert kinds(course.next()) == ["Readmit"]
        assert kinds(course.next())[0] in {"Wait", "Settle"}
        assert course.move.of("a").since == course.venue.now


def test_an_update_lock_that_was_set_meanwhile_is_kept() -> None:
    course = Course(venue_of(1))
    course.until(KioskMoveState.MOVING)
    assert kinds(course.next(ui=shown(OLD), update_lock=LOCK)) == ["Excuse"]
    course.venue.pass_time(3600)
    assert kinds(course.next(ui=shown(OLD), update_lock=LOCK)) == ["Wait"]
    assert kinds(course.next(ui=shown(OLD))) == ["Readmit"]


def test_a_release_that_loses_the_screen_has_to_prove_itself_anew_and_fails_the_third_time() -> (
    None
):
    course = Course(venue_of(1), settle_s=300)
    for _ in range(2):
        course.until(KioskMoveState.SETTLING)
        course.venue.pass_time(200)
        assert kinds(course.next(ui=shown(OLD, "standby"))) == ["LoseScreen"]
        assert course.move.of("a").state is KioskMoveState.MOVING
    course.until(KioskMoveState.SETTLING)
    assert course.move.of("a").since > course.venue.now - timedelta(seconds=10)
    found = course.next(ui=shown(OLD, "standby"))
    assert kinds(found) == ["Fail"]
    assert "3 times" in why(found)


def test_ecs_that_has_forgotten_what_it_was_told_is_told_again() -> None:
    for state in (KioskMoveState.MOVING, KioskMoveState.SETTLING):
        course = Course(venue_of(1))
        course.until(state)
        course.venue.kiosks[0].told = OLD
        found = course.next()
        assert found == [steps.Tell("a", "ECS says r-1 of it", NEW)]


# Back


def back() -> Course:
    course = Course(venue_of(3))
    course.until(KioskMoveState.MOVING)
    course.next(ui=crashing(NEW))
    course.next()
    for kiosk in course.venue.kiosks:
        kiosk.obey()
    course.venue.pass_time(91)
    return course


def test_one_that_is_back_ends_the_move_and_the_others_stay_where_they_are() -> None:
    course = back()
    assert kinds(course.next()) == ["Returned", "End"]
    states = [one.state for one in course.move.kiosks]
    waiting = KioskMoveState.WAITING
    assert states == [KioskMoveState.MOVED_BACK, waiting, waiting]
    assert course.move.state is MoveState.STOPPED
    assert course.move.why.startswith("a failed: the release ended 3 times")


def test_one_that_failed_is_told_to_go_back_also_while_it_has_no_line() -> None:
    course = Course(venue_of(2))
    course.until(KioskMoveState.MOVING)
    course.next(ui=crashing(NEW))
    course.venue.kiosks[0].line = False
    course.venue.pass_time(300)
    assert kinds(course.next()) == ["Tell"]
    assert course.venue.calls[-1] == ("a", OLD)
    assert kinds(course.next()) == ["Excuse"]
    assert course.move.state is MoveState.STOPPING


def _ecs(told: str, *runs: str) -> Callable[[Seen], Seen]:
    def change(seen: Seen) -> Seen:
        return seen | {"a": seen["a"].with_ecs(EcsNow(True, told, frozenset(runs)))}  # noqa: FBT003  connected

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_ecs(OLD, OLD, NEW), "ECS still runs the release there"),
        (_ecs(NEW, NEW), "ECS says r-2 of it"),
        (lambda seen: seen | {"a": seen["a"].with_ecs(None, "slow")}, "ECS can't be asked: slow"),
    ],
)
def test_one_that_is_not_back_by_what_ecs_says_is_waited_for(
    change: Callable[[Seen], Seen], words: str
) -> None:
    course = back()
    assert why(course.after(change(course.venue.seen()))) == words
    assert course.move.state is MoveState.STOPPING


@pytest.mark.parametrize(
    ("ui", "words"),
    [
        (shown("", "none"), "no kiosk UI answers keys there yet"),
        (None, "no kiosk UI answers keys there yet"),
    ],
)
def test_one_that_is_not_back_by_its_own_report_is_waited_for(ui: Any, words: str) -> None:
    course = back()
    assert why(course.next(ui=ui)) == words


def test_no_call_of_a_former_leader_can_undo_what_it_was_told_since() -> None:
    course = Course(venue_of(1))
    course.until(KioskMoveState.MOVING)
    course.next(ui=crashing(NEW))
    course.next()
    course.venue.kiosks[0].obey()
    course.venue.pass_time(80)
    assert why(course.next()) == "it is back; nobody may undo that"


def test_one_of_which_nobody_knows_what_it_ran_is_left_to_people() -> None:
    course = Course(venue_of(1), without_way_back=True)
    course.venue.kiosks[0].told = ""
    course.until(KioskMoveState.MOVING)
    assert course.move.of("a").from_release == ""
    assert kinds(course.next(ui=crashing(NEW))) == ["Fail", "End"]
    one = course.move.of("a")
    assert (one.state, one.is_under_way) == (KioskMoveState.FAILED, True)
    assert course.move.state is MoveState.STOPPED


def test_one_that_an_aborted_move_told_goes_back_to_what_it_ran_before_that() -> None:
    course = Course(venue_of(1))
    course.venue.kiosks[0].told, course.venue.kiosks[0].before = NEW, OLD
    course.until(KioskMoveState.MOVING)
    assert course.move.of("a").from_release == OLD


# The move


def test_a_paused_move_begins_nobody_and_judges_who_is_under_way() -> None:
    course = Course(venue_of(4))
    course.until(KioskMoveState.SETTLING)
    course.move = course.move.model_copy(update={"state": MoveState.PAUSED})
    course.venue.kiosks[0].sold += 1
    course.venue.pass_time(1)
    assert kinds(course.next()) == ["Finish", "Wait"]
    assert course.next() == [steps.Wait(None, "the move is paused")]
    assert to_ask(course.move, course.venue.seen(), course.venue.now) == []


@pytest.mark.parametrize("state", [MoveState.STOPPED, MoveState.ABORTED, MoveState.DONE])
def test_nothing_happens_in_a_move_that_has_ended(state: MoveState) -> None:
    course = Course(venue_of(2), state=state)
    assert course.next() == [steps.Wait(None, f"the move is {state}")]


def decisions(move: Move, found: list[MoveStep], now: Any) -> list[str]:
    kept = [steps.decision(move, one, now) for one in found]
    return [one.what for one in kept if one is not None]


def test_a_wait_is_kept_when_its_reason_is_new_and_once_a_minute_at_most() -> None:
    venue = venue_of(1)
    course, now = Course(venue), venue.now
    busy, other = steps.Wait("a", "busy"), steps.Wait("a", "locked")
    assert decisions(course.move, [busy], now) == ["wait"]
    move = apply(course.move, busy, now)
    assert decisions(move, [busy], now + timedelta(hours=1)) == []
    assert decisions(move, [other], now + timedelta(seconds=59)) == []
    assert decisions(move, [other], now + timedelta(seconds=60)) == ["wait"]
    assert apply(move, other, now + timedelta(seconds=5)).of("a").why == "locked"
    assert decisions(move, [steps.Fail("a", "x"), steps.Wait(None, "y")], now) == ["fail"]


def test_words_of_a_kiosk_reach_people_as_plain_text() -> None:
    course = Course(venue_of(1))
    image = {"image": IMAGES[NEW], "state": "failed\x1b[2J", "why": "no\x1b]0;x\x07room"}
    assert "\x1b" not in why(course.next(images=[image]))
