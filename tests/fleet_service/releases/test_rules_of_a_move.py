"""Each rule of a move by itself: who may begin, and what proves that one has moved."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fleet_service.releases.domain.plan import CANDIDATES, to_ask
from kiosk_contracts.releases import KioskMoveState, MoveState
from kiosk_contracts.venues import Standing
from tests.support.move_course import Course, kinds, why
from tests.support.moving_fleet import (
    IMAGES,
    NEW,
    OLD,
    crashing,
    report_of,
    shown,
    venue_of,
)

LOCK = {"until": "2026-11-27T20:00:00Z", "why": "first night", "by": "Max"}


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


def test_of_many_each_is_asked_about_in_its_turn_and_those_under_way_always() -> None:
    course = Course(venue_of(30))
    asked: set[str] = set()
    for _ in range(30):
        some = to_ask(course.move, course.venue.seen(set()), course.venue.now)
        assert len(some) == CANDIDATES
        asked |= {*some}
        course.venue.pass_time(1)
    assert asked == {one.kiosk_id for one in course.move.kiosks}
    course.until(KioskMoveState.SETTLING)
    [moving] = [one.kiosk_id for one in course.move.kiosks if one.is_under_way]
    for _ in range(30):
        assert to_ask(course.move, course.venue.seen(set()), course.venue.now)[0] == moving
        course.venue.pass_time(1)


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
        ({"draining": True}, False),
    ],
)
def test_another_that_is_well_has_to_stay(other: dict[str, Any], *, begins: bool) -> None:
    course = Course(venue_of(2), "a")
    seen = course.venue.seen()
    seen["b"] = replace(seen["b"], report=report_of("b", course.venue.now, **other))
    assert (kinds(course.after(seen)) == ["Begin"]) is begins


def test_one_that_was_told_by_another_move_just_now_is_under_way_for_this_one_too() -> None:
    course = Course(venue_of(2), "a")
    course.venue.kiosks[1].told = NEW
    course.venue.kiosks[1].told_at = course.venue.now - timedelta(minutes=9)
    assert why(course.next()) == "b of its venue come first"
    course.venue.kiosks[1].told_at = course.venue.now - timedelta(minutes=10)
    assert kinds(course.next()) == ["Begin"]


def test_one_that_shows_what_it_was_told_just_now_is_not_under_way_any_more() -> None:
    course = Course(venue_of(2), "a")
    [_, other] = course.venue.kiosks
    other.told, other.before, other.told_at = NEW, OLD, course.venue.now
    other.obey()
    course.venue.pass_time(0)
    assert why(course.next()) == "b of its venue come first", "its report is from before"
    course.venue.pass_time(1)
    other.screen = "standby"
    course.venue.pass_time(1)
    assert why(course.next()) == "b of its venue come first", "its standby sells"
    other.screen = "ecs"
    course.venue.pass_time(1)
    assert kinds(course.next()) == ["Begin"]


def test_one_that_was_told_to_go_back_may_have_shown_the_old_release_all_along() -> None:
    course = Course(venue_of(2), "a")
    [_, other] = course.venue.kiosks
    other.told_at = course.venue.now
    course.venue.pass_time(90)
    assert why(course.next()) == "b of its venue come first"
    course.venue.pass_time(1)
    assert kinds(course.next()) == ["Begin"]


def test_one_that_an_aborted_move_told_just_now_is_under_way_for_the_one_that_takes_it_back() -> (
    None
):
    course = Course(venue_of(2), "a", "b", canary="a")
    course.venue.kiosks[1].told = NEW
    course.venue.kiosks[1].told_at = course.venue.now - timedelta(minutes=9)
    assert not any(kind == "Begin" for kind in kinds(course.next()))
    course.venue.kiosks[1].told_at = course.venue.now - timedelta(minutes=10)
    assert "Begin" in kinds(course.next())


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
