"""Every combination of what the sides say of a kiosk, and the one state that it carries."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import pytest

from fleet_service.instances.judging import judge
from fleet_service.instances.states import KioskState as S
from fleet_service.instances.views import (
    DISCONNECTED_AFTER,
    LOOK_SPEAKS,
    REPORT_SPEAKS,
    EcsView,
    KioskViews,
    SsmView,
)
from kiosk_contracts.ui_report import UiReport, UiSource
from kiosk_contracts.venues import Standing
from tests.support.fleet_views import NOW, report, views

REPORTS = ("none", "old", "fresh", "left", "left and off")
UIS = ("ecs", "standby", "none", "not told")
PINGS = ("Online", "ConnectionLost", "unknown there", "not asked", "stale")
NEIGHBOURS = ("none", "silent", "heard", "host answers", "left", "no kiosks yet")


@dataclass(frozen=True)
class Case:
    """One row."""

    standing: Standing
    report: str
    ui: str
    leaving: bool
    ping: str
    neighbours: str
    is_open: bool


def every_case() -> Iterator[Case]:
    for values in product(Standing, REPORTS, UIS, (False, True), PINGS, NEIGHBOURS, (False, True)):
        yield Case(*values)


def wanted(one: Case) -> S:  # noqa: PLR0911  one of each state
    """Return the state by DESIGN's words, told anew and in another order than the code tells it."""
    match one.standing:
        case Standing.EXPECTED | Standing.PENDING | Standing.REVOKED | Standing.RETIRED:
            return S(one.standing.value)
        case Standing.ACTIVE:
            pass
    if one.report.startswith("left"):
        return S.DRAINING
    if one.report == "fresh":
        if one.leaving:
            return S.DRAINING
        if one.ui == "none":
            return S.UI_DOWN
        is_ill = one.ui == "standby" or one.ping in {"ConnectionLost", "unknown there"}
        return S.DEGRADED if is_ill else S.WELL
    if not one.is_open:
        return S.CLOSED
    if one.ping == "Online":
        return S.AGENT_SILENT
    if one.neighbours in {"heard", "host answers"}:
        return S.KIOSK_UNREACHABLE
    return S.VENUE_UNREACHABLE


def kiosk(one: Case) -> KioskViews:
    ui = None if one.ui == "not told" else UiReport(source=UiSource(one.ui), image="i")
    reports = {
        "none": None,
        "old": report(REPORT_SPEAKS + timedelta(seconds=1), ui=ui),
        "fresh": report(REPORT_SPEAKS, ui=ui),
        "left": report(timedelta(), ui=ui, left=True),
        "left and off": report(timedelta(days=3), ui=ui, left=True),
    }
    return views(
        "a", one.standing, leaving=one.leaving, report=reports[one.report], ssm=ssm(one.ping)
    )


def ssm(ping: str) -> SsmView | None:
    match ping:
        case "not asked":
            return None
        case "stale":
            return SsmView(NOW - LOOK_SPEAKS - timedelta(seconds=1), "Online")
        case "unknown there":
            return SsmView(NOW, "")
        case _:
            return SsmView(NOW - LOOK_SPEAKS, ping)


def neighbours(how: str) -> list[KioskViews]:
    silent = views("b", report=report(timedelta(hours=1)))
    match how:
        case "none":
            return []
        case "silent":
            return [silent, views("c")]
        case "heard":
            return [silent, views("c", report=report(timedelta(seconds=15)))]
        case "host answers":
            return [views("c", ssm=SsmView(NOW, "Online")), silent]
        case "left":
            return [views("b", report=report(timedelta(days=1), left=True))]
        case _:
            return [views("b", Standing.EXPECTED), views("c", Standing.REVOKED)]


def test_every_combination_carries_its_state() -> None:
    seen: dict[S, int] = {}
    for one in every_case():
        found = judge(kiosk(one), neighbours(one.neighbours), is_open=one.is_open, now=NOW)
        assert found.state is wanted(one), one
        assert found.why, one
        seen[found.state] = seen.get(found.state, 0) + 1
    assert set(seen) == set(S), "the table reaches every state"


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
