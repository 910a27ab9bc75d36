"""Every combination of what the sides say of a kiosk, and the one state that it carries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from typing import Any

import pytest

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.instances.judging import judge
from fleet_service.instances.states import KioskState as S
from fleet_service.instances.views import (
    DISCONNECTED_AFTER,
    LOOK_SPEAKS,
    PING_COMES,
    REPORT_SPEAKS,
    EcsView,
    KioskViews,
    SsmView,
)
from kiosk_contracts.screens import ScreenState
from kiosk_contracts.ui_report import UiReport, UiSource
from kiosk_contracts.venues import Standing
from tests.support.fleet_views import NOW, report, views

REPORTS = ("none", "old", "old, drained", "fresh", "fresh, drained", "left", "left and off")
SCREENS = (
    "ecs",
    "standby",
    "none",
    "ecs, and nobody has it",
    "by hand",
    "by hand, in turns",
    "in turns, and nobody has it",
    "supervisor silent",
    "supervisor silent, and nobody has it",
    "supervisor awaited",
)
ROOMS = ("plenty", "stop")
SECOND = timedelta(seconds=1)
SILENT_FOR = LOOK_SPEAKS + REPORT_SPEAKS + SECOND
"""So long that a ping which came since may be the last thing that was looked at."""


@dataclass(frozen=True, slots=True)
class Case:
    """One row."""

    standing: Standing
    report: str
    screen: str
    room: str
    leaving: bool
    ping: str
    at_ecs: str
    neighbours: str
    is_open: bool


def every_case(standing: Standing) -> Iterator[Case]:
    sides = (REPORTS, SCREENS, ROOMS, (False, True), SSM, ECS, OTHERS, (False, True))
    for values in product(*sides):
        yield Case(standing, *values)


ILL_SCREENS = {"standby", "supervisor silent"}
ILL_AT_ECS = {"disconnected", "draining", "draining, disconnected", "unknown there"}


def wanted(one: Case) -> S:
    """Return the state by DESIGN's words, told anew and in another order than the code tells it."""
    if one.standing is not Standing.ACTIVE:
        return S(one.standing.value)
    if one.report.startswith("left"):
        return S.DRAINING
    return wanted_of_heard(one) if one.report.startswith("fresh") else wanted_of_silent(one)


def wanted_of_heard(one: Case) -> S:
    if one.leaving:
        return S.DRAINING
    if one.screen == "none" or one.screen.endswith("nobody has it"):
        return S.UI_DOWN
    if one.room == "stop":
        return S.SALES_STOPPED
    if one.report == "fresh, drained":
        return S.DRAINING
    is_ill = one.screen in ILL_SCREENS or one.at_ecs in ILL_AT_ECS
    is_ill |= one.ping in {"ConnectionLost", "unknown there"}
    return S.DEGRADED if is_ill else S.WELL


def wanted_of_silent(one: Case) -> S:
    if not one.is_open:
        return S.CLOSED
    never = one.report == "none"
    if one.ping == "Online" or (never and one.ping == "Online before"):
        return S.AGENT_SILENT
    shows = {"heard", "left, and heard", "host answers"}
    if one.neighbours in shows or (never and one.neighbours == "host answered before"):
        return S.KIOSK_UNREACHABLE
    return S.VENUE_UNREACHABLE


@cache
def told(screen: str, room: str) -> dict[str, Any]:
    """Return what a report says of the screen and the disk."""
    held, nobody = ScreenState(holder="s", screens=1), ScreenState()
    return {
        "room": room,
        **{
            "ecs": {"ui": ui(UiSource.ECS), "screen": held, "supervisor": "heard"},
            # Of an agent that tells of neither screens nor a supervisor.
            "standby": {"ui": ui(UiSource.STANDBY)},
            "none": {"ui": ui(UiSource.NONE)},
            "ecs, and nobody has it": {"ui": ui(UiSource.ECS), "screen": nobody},
            "by hand": {"screen": nobody},
            "by hand, in turns": {"screen": held},
            "in turns, and nobody has it": {"screen": ScreenState(screens=2)},
            "supervisor silent": {"screen": held, "supervisor": "silent"},
            "supervisor silent, and nobody has it": {"screen": nobody, "supervisor": "silent"},
            "supervisor awaited": {"screen": nobody, "supervisor": "awaited"},
        }[screen],
    }


def ui(source: UiSource) -> UiReport:
    return UiReport(source=source, image="i")


@cache
def reported(how: str, screen: str, room: str) -> LastSeen | None:
    says, days = told(screen, room), timedelta(days=3)
    return {
        "none": None,
        "old": report(SILENT_FOR, **says),
        "old, drained": report(SILENT_FOR, draining=True, **says),
        "fresh": report(REPORT_SPEAKS, **says),
        "fresh, drained": report(REPORT_SPEAKS, draining=True, **says),
        "left": report(timedelta(), draining=True, left=True, **says),
        "left and off": report(days, draining=True, left=True, **says),
    }[how]


LOOKED = NOW - LOOK_SPEAKS
SSM: dict[str, SsmView | None] = {
    "Online": SsmView(LOOKED, "Online", LOOKED),
    # The line may have been cut just then.
    "Online before": SsmView(LOOKED, "Online", LOOKED - SECOND),
    "ConnectionLost": SsmView(LOOKED, "ConnectionLost", LOOKED),
    "unknown there": SsmView(NOW, ""),
    "not asked": None,
    "stale": SsmView(LOOKED - SECOND, "Online", LOOKED - SECOND),
}
LONG = NOW - DISCONNECTED_AFTER
ECS: dict[str, EcsView | None] = {
    "connected": EcsView(LOOKED, "ACTIVE", connected=True),
    "just disconnected": EcsView(LOOKED, "ACTIVE", connected=False, changed_at=LONG + SECOND),
    "disconnected": EcsView(LOOKED, "ACTIVE", connected=False, changed_at=LONG),
    "draining": EcsView(LOOKED, "DRAINING", connected=True),
    "draining, disconnected": EcsView(LOOKED, "DRAINING", connected=False, changed_at=LONG),
    "unknown there": EcsView(LOOKED, ""),
    "not asked": None,
    "stale": EcsView(LOOKED - SECOND, "DRAINING", connected=False, changed_at=LONG),
}
HOUR = timedelta(hours=1)
JUST = timedelta(seconds=15)
SILENT = views("b", report=report(HOUR))
BEFORE = SsmView(NOW, "Online", LOOKED - SECOND)
SINCE = SsmView(NOW, "Online", LOOKED)
OTHERS: dict[str, list[KioskViews]] = {
    "none": [],
    "silent": [SILENT, views("c")],
    "heard": [SILENT, views("c", report=report(JUST))],
    "host answers": [views("c", ssm=SINCE), SILENT],
    "host answered before": [views("c", ssm=BEFORE, report=report(HOUR)), SILENT],
    "left": [views("b", report=report(timedelta(days=1), left=True))],
    "left, and heard": [views("b", report=report(JUST, left=True))],
    # They may be in a van.
    "left, and host answers": [
        views("b", report=report(HOUR, left=True), ssm=SINCE),
        views("c", Standing.RETIRED, report=report(HOUR), ssm=SINCE),
    ],
    "no kiosks yet": [views("b", Standing.EXPECTED), views("c", Standing.REVOKED)],
}


@pytest.mark.parametrize("standing", Standing)
def test_every_combination_carries_its_state(standing: Standing) -> None:
    seen: set[S] = set()
    for one in every_case(standing):
        kiosk = views(
            "a",
            standing,
            leaving=one.leaving,
            report=reported(one.report, one.screen, one.room),
            ssm=SSM[one.ping],
            ecs=ECS[one.at_ecs],
        )
        found = judge(kiosk, OTHERS[one.neighbours], is_open=one.is_open, now=NOW)
        assert found.state is wanted(one), one
        assert found.why, one
        seen.add(found.state)
    out = {S(each.value) for each in Standing if each is not Standing.ACTIVE}
    reached = {S(standing.value)} if standing is not Standing.ACTIVE else {*S} - out
    assert seen == reached, "the table reaches every state"


@pytest.mark.parametrize(
    ("connected", "since", "is_connected"),
    [
        (True, timedelta(), True),
        (False, timedelta(minutes=3), True),
        (False, DISCONNECTED_AFTER - timedelta(seconds=1), True),
        (False, DISCONNECTED_AFTER, False),
        (False, None, False),
    ],
)
def test_an_agent_that_is_disconnected_for_a_while_is_no_matter(
    connected: bool,  # noqa: FBT001
    since: timedelta | None,
    is_connected: bool,  # noqa: FBT001
) -> None:
    changed = None if since is None else NOW - since
    ecs = EcsView(NOW, "ACTIVE", connected=connected, changed_at=changed)
    one = views("a", report=report(timedelta()), ecs=ecs)
    assert one.is_connected(NOW) is is_connected
    state = judge(one, [], is_open=True, now=NOW).state
    assert state is (S.WELL if is_connected else S.DEGRADED)


def test_a_source_that_was_not_asked_is_named_and_claims_nothing() -> None:
    found = judge(views("a"), [views("b", report=report(timedelta()))], is_open=True, now=NOW)
    assert found.state is S.KIOSK_UNREACHABLE
    assert found.why == "it has never reported, and its neighbours answer"
    assert found.unknown == (
        "whether its host answers Systems Manager",
        "whether its ECS agent is connected",
    )


def test_what_its_last_report_said_is_told_also_of_one_that_is_closed() -> None:
    last = report(timedelta(hours=9), queued=12, oldest_queued_at=NOW - timedelta(hours=10))
    found = judge(views("a", report=last), [], is_open=False, now=NOW)
    assert found.state is S.CLOSED
    assert [one.words for one in found.findings] == [
        "12 transactions wait, the oldest since 2026-11-26 10:00 UTC"
    ]


def test_one_that_was_drained_is_told_so_and_is_missed_when_it_falls_silent() -> None:
    found = judge(views("a", report=report(timedelta(), draining=True)), [], is_open=True, now=NOW)
    assert (found.state, found.why) == (S.DRAINING, "it opens no new carts: it was asked to drain")
    silent = views("a", report=report(timedelta(hours=1), draining=True))
    assert judge(silent, [], is_open=True, now=NOW).state is S.VENUE_UNREACHABLE


def test_one_that_sells_nothing_says_why_and_what_else_is_wrong() -> None:
    one = views("a", report=report(timedelta(), room="stop", parked=1))
    found = judge(one, [], is_open=True, now=NOW)
    assert (found.state, found.why) == (
        S.SALES_STOPPED,
        "its disk is full: it sells nothing new; 1 transactions are set aside for later",
    )


@pytest.mark.parametrize(
    ("silent_for", "pinged", "answers", "may_yet"),
    [
        # Its last report, kept once a minute, may be older than the ping, and the cut newer.
        (REPORT_SPEAKS + SECOND, SECOND, None, True),
        (REPORT_SPEAKS + SECOND, timedelta(), True, False),
        (PING_COMES - SECOND, PING_COMES, None, True),
        (PING_COMES, PING_COMES, None, False),
        (timedelta(days=3), timedelta(minutes=4), True, False),
        (REPORT_SPEAKS, timedelta(minutes=4), True, False),
    ],
)
def test_a_ping_counts_if_it_came_after_the_agent_fell_silent(
    silent_for: timedelta,
    pinged: timedelta,
    answers: bool | None,  # noqa: FBT001
    may_yet: bool,  # noqa: FBT001
) -> None:
    online = SsmView(NOW, "Online", NOW - pinged)
    one = views("a", report=report(silent_for), ssm=online)
    assert (one.answers_ssm(NOW), one.may_answer_yet(NOW)) == (answers, may_yet)
    lost = views("a", report=report(silent_for), ssm=SsmView(NOW, "ConnectionLost", NOW - pinged))
    assert (lost.answers_ssm(NOW), lost.may_answer_yet(NOW)) == (False, False)


def test_the_last_ping_is_told_where_it_is_known_and_nowhere_else() -> None:
    weeks, minute = NOW - timedelta(weeks=3), NOW - timedelta(minutes=1)

    def told_of(ping: str, at: datetime, ago: timedelta) -> datetime | None:
        return views("a", report=report(ago), ssm=SsmView(NOW, ping, at)).pinged_at

    assert told_of("Online", weeks, timedelta()) is None
    assert told_of("Online", minute, timedelta()) is None, "there may have been another"
    assert told_of("Online", minute, timedelta(hours=1)) == minute
    assert told_of("Online", weeks, timedelta(hours=1)) is None, "it would not be online"
    assert told_of("ConnectionLost", weeks, timedelta()) == weeks
