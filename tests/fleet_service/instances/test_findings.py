"""What is wrong with a kiosk by its report, in words, the gravest first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fleet_service.instances.findings import CLOCK_OFF_S, QUEUE_OLD, findings
from fleet_service.instances.states import Cause
from fleet_service.instances.views import EcsView, SsmView
from kiosk_contracts.repairs import HostRepair
from kiosk_contracts.ui_report import CrashingImage, UiReport, UiSource
from tests.support.fleet_views import NOW, report, views


def found(**told: Any) -> list[tuple[Cause, str]]:
    return [(one.cause, one.words) for one in findings(views("a", report=report(NO, **told)), NOW)]


NO = timedelta()
IMAGE = "registry.example.com/kiosk@sha256:b"
REPAIR = HostRepair(name="clock", why="not synchronised", at=NOW, outcome="not_helped", in_a_row=3)
CRASHING = CrashingImage(image=IMAGE, ends=3, last_exit="status 1", last_at=NOW)


@pytest.mark.parametrize(
    ("told", "cause", "words"),
    [
        ({"room": "stop"}, Cause.SALES_STOPPED, "its disk is full: it sells nothing new"),
        ({"room": "low"}, Cause.DISK_LOW, "its disk has little room"),
        ({"quarantined": 2}, Cause.QUARANTINED, "2 transactions could not be settled"),
        ({"parked": 1}, Cause.PARKED, "1 transactions are set aside for later"),
        (
            {"device_time": NOW + timedelta(seconds=CLOCK_OFF_S + 1)},
            Cause.CLOCK_OFF,
            "its clock is 31 s ahead",
        ),
        (
            {"device_time": NOW - timedelta(seconds=CLOCK_OFF_S + 1)},
            Cause.CLOCK_OFF,
            "its clock is 31 s behind",
        ),
        (
            {"epoch_reason": "damaged", "epoch_acknowledged": False},
            Cause.NEW_JOURNAL,
            "its journal began anew: damaged",
        ),
        (
            {"refunds_to_give": ("HB1-1-000018: 30.00 EUR",)},
            Cause.REFUNDS_TO_GIVE,
            "the money of 1 refunds is not given back",
        ),
        (
            {"ui": UiReport(source=UiSource.ECS, docker_away="timed out")},
            Cause.DOCKER_AWAY,
            "Docker does not answer: timed out",
        ),
        (
            {"ui": UiReport(source=UiSource.ECS, crashing=(CRASHING,))},
            Cause.IMAGE_CRASHES,
            f"{IMAGE} ended 3 times: status 1",
        ),
        (
            {"ui": UiReport(source=UiSource.STANDBY)},
            Cause.STANDBY,
            "the standby is on its screen",
        ),
        (
            {"supervisor": "silent"},
            Cause.SUPERVISOR_SILENT,
            "its supervisor is silent: nothing tells of its screen and its host",
        ),
        (
            {"repairs": (REPAIR,)},
            Cause.REPAIR_FAILS,
            "clock: not synchronised, mended 3 times in vain",
        ),
    ],
)
def test_each_is_found_and_said(told: dict[str, Any], cause: Cause, words: str) -> None:
    assert found(**told) == [(cause, words)]


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"room": "plenty"},
        {"device_time": NOW + timedelta(seconds=CLOCK_OFF_S)},
        {"epoch_reason": "damaged"},
        {"queued": 900, "oldest_queued_at": NOW - QUEUE_OLD},
        {"supervisor": "awaited"},
        {"supervisor": ""},
        {"draining": True},
        {"repairs": (REPAIR.model_copy(update={"in_a_row": 1}),)},
        {"repairs": (REPAIR.model_copy(update={"outcome": "helped"}),)},
    ],
)
def test_what_is_usual_is_nothing(told: dict[str, Any]) -> None:
    assert found(**told) == []


def test_what_stops_sales_comes_before_what_waits() -> None:
    old = NOW - QUEUE_OLD - timedelta(seconds=1)
    causes = [one for one, _ in found(room="stop", quarantined=1, queued=3, oldest_queued_at=old)]
    assert causes == [Cause.SALES_STOPPED, Cause.QUARANTINED, Cause.QUEUE_OLD]


def test_what_waited_for_the_line_is_not_old_while_it_is_sent() -> None:
    told = {"queued": 900, "oldest_queued_at": NOW - timedelta(hours=2)}

    def causes(back: timedelta) -> list[Cause]:
        ours = {"was_offline_since": NOW - timedelta(hours=2), "was_offline_until": NOW - back}
        one = views("a", report=report(NO, **told).model_copy(update=ours))
        return [each.cause for each in findings(one, NOW)]

    assert causes(QUEUE_OLD) == []
    assert causes(QUEUE_OLD + timedelta(seconds=1)) == [Cause.QUEUE_OLD]


def test_how_old_a_queue_is_goes_by_our_clock() -> None:
    behind = timedelta(minutes=15)
    told = {"queued": 1, "device_time": NOW - behind}
    assert [one for one, _ in found(oldest_queued_at=NOW - behind, **told)] == [Cause.CLOCK_OFF]
    old = NOW - behind - QUEUE_OLD - timedelta(seconds=1)
    assert next(one for one, _ in found(oldest_queued_at=old, **told)) == Cause.QUEUE_OLD


@pytest.mark.parametrize("year", [1, 9999])
def test_a_clock_that_says_anything_is_one_kiosk_s_trouble(year: int) -> None:
    at = datetime(year, 1, 2, tzinfo=UTC)
    told = {"queued": 1, "device_time": at}
    for oldest in (NOW, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)):
        assert Cause.CLOCK_OFF in [one for one, _ in found(oldest_queued_at=oldest, **told)]


def test_of_one_that_is_silent_its_connections_say_nothing_more() -> None:
    ecs, ssm = EcsView(NOW, "ACTIVE"), SsmView(NOW, "ConnectionLost")
    heard = views("a", report=report(NO), ecs=ecs, ssm=ssm)
    assert [one.cause for one in findings(heard, NOW)] == [
        Cause.ECS_DISCONNECTED,
        Cause.SSM_SILENT,
    ]
    silent = views("a", report=report(timedelta(hours=1)), ecs=ecs, ssm=ssm)
    assert list(findings(silent, NOW)) == []


@pytest.mark.parametrize(
    ("ecs", "cause", "words"),
    [
        (
            EcsView(NOW, "DRAINING", connected=True),
            Cause.ECS_INACTIVE,
            "ECS has its host as DRAINING: it starts nothing there",
        ),
        (
            EcsView(NOW, "ACTIVE", connected=False),
            Cause.ECS_DISCONNECTED,
            "its ECS agent is not connected",
        ),
        (
            EcsView(NOW, "DRAINING", connected=False),
            Cause.ECS_DISCONNECTED,
            "its ECS agent is not connected, and ECS has its host as DRAINING",
        ),
        (EcsView(NOW, ""), Cause.ECS_DISCONNECTED, "ECS does not know its host"),
        (EcsView(NOW, "", changed_at=NOW), Cause.ECS_DISCONNECTED, "ECS does not know its host"),
    ],
)
def test_what_ecs_says_is_told_as_it_says_it(ecs: EcsView, cause: Cause, words: str) -> None:
    [one] = findings(views("a", report=report(NO), ecs=ecs), NOW)
    assert (one.cause, one.words) == (cause, words)
