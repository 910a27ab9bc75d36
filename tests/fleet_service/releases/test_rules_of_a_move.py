"""Each rule of a move by itself: who may begin, what proves that one has moved, what fails."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fleet_service.releases.domain import steps
from fleet_service.releases.domain.moves import Move
from fleet_service.releases.domain.plan import plan, to_ask
from fleet_service.releases.domain.seen import EcsNow, KioskNow
from fleet_service.releases.domain.steps import MoveStep, apply
from kiosk_contracts.releases import KioskMoveState, MoveState
from kiosk_contracts.venues import Standing
from tests.support.moving_fleet import (
    IMAGES,
    NEW,
    OLD,
    SimulatedVenue,
    crashing,
    report_of,
    shown,
    venue_of,
)

LOCK = {"until": "2026-11-27T20:00:00Z", "why": "first night", "by": "Max"}
Seen = dict[str, KioskNow]


class Course:
    """A move step by step; what is seen of `a` may be said otherwise."""

    def __init__(self, venue: SimulatedVenue, *kiosks: str, **changes: Any) -> None:
        self.venue = venue
        venue.pass_time(0)
        self.move = venue.move(*kiosks, **changes)
        venue.pass_time(15)

    def next(self, *, asked: bool = True, **of_a: Any) -> list[MoveStep]:
        """Plan by reports of now; `of_a`: what a's report says otherwise."""
        seen = self.venue.seen(None if asked else set())
        if of_a:
            told = report_of("a", self.venue.now, **of_a)
            seen["a"] = replace(seen["a"], report=told)
        return self.after(seen)

    def after(self, seen: Seen) -> list[MoveStep]:
        """Plan by what is seen, and carry it out; ECS takes what it is told."""
        found = list(plan(self.move, seen, self.venue.now))
        for step in found:
            self.move = apply(self.move, step, self.venue.now)
            if isinstance(step, steps.Tell):
                self.venue.tell(step.kiosk_id, step.release)
                told = steps.Told(step.kiosk_id, "took it")
                self.move = apply(self.move, told, self.venue.now)
        return found

    def until(self, state: KioskMoveState) -> None:
        """Go on as all goes well, until `a` stands so."""
        for _ in range(20):
            if self.move.of("a").state is state and self.move.of("a").told_at is not None:
                self.venue.pass_time(1)
                return
            self.next()
            for kiosk in self.venue.kiosks:
                kiosk.obey()
            self.venue.pass_time(1)
        raise AssertionError(self.move)


def kinds(found: list[MoveStep]) -> list[str]:
    return [type(one).__name__ for one in found]


def why(found: list[MoveStep]) -> str:
    return found[0].why


# Who may begin


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"images": []}, "has not been heard of the release's image"),
        ({"images": [{"image": IMAGES[NEW], "state": "pulling", "why": "slow"}]}, "pulling there"),
        ({"images": [{"image": IMAGES[OLD], "state": "ready"}]}, "has not been heard of"),
        ({"screen": {"holder": "x", "busy": True}}, "somebody is busy"),
        ({"screen": None}, "does not say whether somebody is busy"),
        ({"update_lock": LOCK}, "an update lock is in force there: first night"),
        ({"ui": crashing(NEW)}, "image crashed there lately"),
    ],
)
def test_one_that_is_not_ready_or_not_idle_waits_with_the_reason(
    said: dict[str, Any], words: str
) -> None:
    course = Course(venue_of(1))
    found = course.next(**said)
    assert kinds(found) == ["Wait"]
    assert words in why(found)
    assert words in course.move.of("a").why
    assert kinds(course.next()) == ["Begin"]


def test_one_nobody_is_at_is_not_busy() -> None:
    screen = {"holder": "", "busy": True}
    assert kinds(Course(venue_of(1)).next(screen=screen)) == ["Begin"]


@pytest.mark.parametrize(
    ("after_s", "begins"), [(0, True), (45, True), (46, False), (90, False), (91, False)]
)
def test_an_old_report_says_nothing_of_now(after_s: int, *, begins: bool) -> None:
    course = Course(venue_of(1))
    course.venue.now += timedelta(seconds=after_s)
    assert (kinds(course.next()) == ["Begin"]) is begins


def test_a_report_from_before_the_move_proves_nothing() -> None:
    venue = venue_of(1)
    venue.pass_time(15)
    course = Course(venue)
    seen = venue.seen()
    early = report_of("a", course.move.made_at)
    found = course.after({"a": replace(seen["a"], report=early)})
    assert why(found) == "it has not reported since the move began"


def test_ecs_is_asked_of_whoever_could_begin_and_must_be_able_to_reach_it() -> None:
    course = Course(venue_of(3), canary="a")
    assert to_ask(course.move, course.venue.seen(set()), course.venue.now) == ["a"]
    assert why(course.next(asked=False)) == "ECS is to be asked"
    course.venue.kiosks[0].connected = False
    assert why(course.next()) == "its ECS agent is not connected"
    away = course.venue.seen(set())
    away["a"] = away["a"].with_ecs(None, "ECS is slow")
    assert why(course.after(away)) == "ECS can't be asked: ECS is slow"
    course.venue.kiosks[0].busy = True
    course.venue.pass_time(1)
    assert to_ask(course.move, course.venue.seen(set()), course.venue.now) == []


@pytest.mark.parametrize(
    ("count", "at_once"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (10, 5), (20, 5)]
)
def test_at_most_half_of_a_venue_and_five_are_under_way(count: int, at_once: int) -> None:
    course = Course(venue_of(count))
    assert kinds(course.next()).count("Begin") == 1
    course.until(KioskMoveState.SETTLING)
    course.venue.kiosks[0].sold += 1
    for _ in range(3):
        course.venue.pass_time(1)
        course.next()
    under_way = [one.kiosk_id for one in course.move.kiosks if one.is_under_way]
    assert len(under_way) == (at_once if count > 1 else 0)


@pytest.mark.parametrize(
    ("other", "begins"),
    [
        ({}, True),
        ({"ui": shown("", "none")}, False),
        ({"ui": shown(OLD, "standby")}, True),
        ({"ui": None}, False),
        ({"room": "stop"}, False),
    ],
)
def test_another_that_is_well_has_to_stay(other: dict[str, Any], *, begins: bool) -> None:
    course = Course(venue_of(2), "a")
    seen = course.venue.seen()
    seen["b"] = replace(seen["b"], report=report_of("b", course.venue.now, **other))
    assert (kinds(course.after(seen)) == ["Begin"]) is begins


def test_one_that_was_told_by_another_move_just_now_is_under_way_for_this_one_too() -> None:
    course = Course(venue_of(2), "a")
    course.venue.kiosks[1].told_at = course.venue.now - timedelta(minutes=9)
    assert why(course.next()) == "b of its venue come first"
    course.venue.kiosks[1].told_at = course.venue.now - timedelta(minutes=10)
    assert kinds(course.next()) == ["Begin"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"leaving": True}, "it is leaving"),
        ({"standing": Standing.REVOKED}, "it is revoked"),
        ({"instance_id": "mi-other"}, "another host has taken its place"),
    ],
)
def test_one_that_is_gone_is_left_out_whatever_it_was_at(
    change: dict[str, Any], words: str
) -> None:
    for state in (KioskMoveState.MOVING, KioskMoveState.SETTLING):
        course = Course(venue_of(3), "a", "b")
        course.until(state)
        seen = course.venue.seen()
        seen["a"] = replace(seen["a"], **change)
        found = course.after(seen)
        assert kinds(found)[0] == "LeaveOut"
        assert words in why(found)
        # Another is the canary then.
        assert kinds(found)[1] == "Begin"
        assert course.move.canary == "b"


def test_a_canary_that_was_named_is_waited_for() -> None:
    course = Course(venue_of(4), canary="b")
    course.venue.kiosks[1].busy = True
    course.venue.pass_time(1)
    found = course.next()
    assert kinds(found) == ["Wait"] * 4
    assert {one.why for one in found} == {
        "b goes first, and alone",
        "somebody is busy at its screen",
    }


def test_an_image_that_can_never_come_stops_the_move_before_anybody_is_told() -> None:
    course = Course(venue_of(2))
    image = {"image": IMAGES[NEW], "state": "failed", "why": "for arm64", "for_good": True}
    found = course.next(images=[image])
    assert kinds(found) == ["Fail", "End"]
    assert (course.move.state, course.move.of("a").state) == (
        MoveState.STOPPED,
        KioskMoveState.FAILED,
    )
    assert not course.venue.calls
    assert not course.move.of("a").is_under_way
    assert kinds(Course(venue_of(2)).next(images=[image | {"for_good": False}]))[0] == "Wait"


# What proves that one has moved


def test_what_a_kiosk_says_of_its_screen_needs_ecs_to_say_the_same() -> None:
    course = Course(venue_of(1))
    course.until(KioskMoveState.MOVING)
    course.venue.kiosks[0].runs = OLD
    found = course.next(ui=shown(NEW))
    assert why(found) == (
        "it says that the release has the screen, and ECS runs no task of it there"
    )
    course.venue.pass_time(601)
    assert kinds(course.next(ui=shown(NEW)))[0] == "Fail"


@pytest.mark.parametrize(
    "ui",
    [shown(OLD), shown(NEW, "standby"), shown("", "ecs"), None, {"source": "new", "image": ""}],
)
def test_another_screen_proves_nothing_and_fails_after_ten_minutes(ui: Any) -> None:
    course = Course(venue_of(1))
    course.until(KioskMoveState.MOVING)
    course.venue.kiosks[0].runs = NEW
    course.venue.pass_time(598)
    assert kinds(course.next(ui=ui)) == ["Wait"]
    course.venue.pass_time(3)
    found = course.next(ui=ui)
    assert kinds(found) == ["Fail"]
    assert "10 minutes" in why(found)
    assert course.move.of("a").state is KioskMoveState.MOVING_BACK
    assert course.move.state is MoveState.STOPPING


def test_a_report_from_before_it_was_told_proves_nothing() -> None:
    course = Course(venue_of(1))
    course.next()
    course.next()
    one = course.move.of("a")
    assert one.told_at == course.venue.now
    found = course.next(ui=crashing(NEW))
    assert why(found) == "it has not reported since it was told"


@pytest.mark.parametrize(
    ("said", "moved"),
    [
        ({"last_settled_sale": 8, "last_sequence": 8}, True),
        ({"last_settled_sale": 7, "last_sequence": 9}, False),
        ({"last_settled_sale": None, "last_sequence": 9}, False),
        (
            {
                "last_settled_sale": 8,
                "last_sequence": 8,
                "journal_id": "0197a000-0000-7000-8000-000000000009",
            },
            False,
        ),
    ],
)
def test_a_sale_that_settled_counts_if_it_was_made_at_the_release_s_screen(
    said: dict[str, Any], *, moved: bool
) -> None:
    course = Course(venue_of(1))
    course.until(KioskMoveState.SETTLING)
    found = course.next(ui=shown(NEW), **said)
    assert kinds(found) == (["Finish", "End"] if moved else ["Wait"])


def test_who_stays_well_for_the_time_has_moved_by_a_report_from_after_it() -> None:
    course = Course(venue_of(1), settle_s=300)
    course.until(KioskMoveState.SETTLING)
    since = course.move.of("a").since
    course.venue.pass_time(297)
    late = course.venue.seen()
    assert kinds(course.next()) == ["Wait"]
    course.venue.now = since + timedelta(seconds=301)
    assert kinds(course.after(late)) == ["Wait"]
    course.venue.pass_time(1)
    assert kinds(course.next()) == ["Finish", "End"]
    assert course.move.state is MoveState.DONE


def test_the_clock_of_a_kiosk_changes_nothing() -> None:
    told = []
    for hours in (-9000, 0, 9000):
        venue = venue_of(2)
        for kiosk in venue.kiosks:
            kiosk.ahead = timedelta(hours=hours)
        course, found = Course(venue, settle_s=60), []
        for _ in range(30):
            found += kinds(course.next())
            for kiosk in venue.kiosks:
                kiosk.obey()
            venue.pass_time(15)
        told.append(found)
    assert told[0] == told[1] == told[2]
    assert told[0].count("Finish") == 2


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
    course = Course(venue_of(1))
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
