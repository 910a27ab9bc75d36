"""One cause makes one alarm."""

from datetime import timedelta

import pytest

from fleet_service.alarms.causes import SILENT, Troubles, troubles
from fleet_service.alarms.trouble import Trouble
from fleet_service.instances.ports import Source
from fleet_service.instances.records import SweepRecord
from fleet_service.instances.snapshot import Snapshot
from fleet_service.instances.views import EcsView, KioskViews, SsmView
from fleet_service.relay.records import PathRecord
from kiosk_contracts.ui_report import CrashingImage, UiReport, UiSource
from kiosk_contracts.venues import Standing
from tests.support.fleet_snapshots import CLOSED, hall, snapshot
from tests.support.fleet_views import NOW, report, views

FRESH = timedelta(seconds=10)
OLD = timedelta(hours=1)
AWAY = EcsView(NOW, "ACTIVE", connected=False)


def found(of: Snapshot) -> dict[str, str]:
    return {one.alarm_id: one.words for one in troubles(of).now}


def heard(kiosk_id: str, **told: object) -> KioskViews:
    return views(kiosk_id, report=report(FRESH, **told))


def silent(kiosk_id: str) -> KioskViews:
    return views(kiosk_id, report=report(OLD))


def test_a_fleet_that_is_well_calls_nobody() -> None:
    assert found(snapshot(hall("mill", heard("a"), heard("b")))) == {}


def test_a_venue_whose_line_is_down_is_one_alarm_and_none_of_its_kiosks() -> None:
    of = snapshot(hall("mill", silent("a"), silent("b"), views("c")), hall("hall", heard("a")))
    assert found(of) == {"mill.-.venue_unreachable": "no kiosk of its venue answers"}
    assert len(troubles(of).now) == 1
    assert troubles(of).unheard_venues == {"mill"}


def test_a_kiosk_that_is_silent_beside_others_is_its_own_alarm() -> None:
    of = snapshot(hall("mill", silent("a"), online("b"), heard("c")))
    assert set(found(of)) == {"mill.mill-a.kiosk_unreachable", "mill.mill-b.agent_silent"}


def test_a_venue_that_is_closed_calls_nobody_and_ends_nothing() -> None:
    of = snapshot(hall("mill", silent("a"), heard("b", quarantined=2), hours=CLOSED))
    assert found(of) == {}
    seen = troubles(of)
    assert seen.may_go_on("quarantined", "mill", "mill-b"), "it is as it was when it was open"
    assert not seen.may_go_on("venue_unreachable", "mill", "")


def test_those_out_of_service_and_those_that_left_call_nobody() -> None:
    gone = [views(one.value, one, report=report(OLD)) for one in Standing if one != "active"]
    left = views("left", report=report(OLD, left=True))
    leaves = heard("leaves", left=True, room="low")
    assert found(snapshot(hall("mill", *gone, left, leaves, heard("a")))) == {}


def test_each_kiosk_is_told_its_own_findings() -> None:
    of = snapshot(hall("mill", heard("a", quarantined=1, room="low"), heard("b", parked=3)))
    assert found(of) == {
        "mill.mill-a.quarantined": "1 transactions could not be settled",
        "mill.mill-a.disk_low": "its disk has little room",
        "mill.mill-b.parked": "3 transactions are set aside for later",
    }


def test_two_findings_of_one_cause_are_one() -> None:
    crashes = [
        CrashingImage(image=f"i{number}", ends=3, last_exit="137", last_at=NOW) for number in (1, 2)
    ]
    ui = UiReport(source=UiSource.STANDBY, crashing=tuple(crashes))
    of = snapshot(hall("mill", heard("a", ui=ui)))
    [(alarm_id, words)] = found(of).items()
    assert alarm_id == "mill.mill-a.image_crashes"
    assert words == "i1 ended 3 times: 137; i2 ended 3 times: 137; the standby is on its screen"


def test_what_comes_of_another_cause_is_told_with_it() -> None:
    ui = UiReport(source=UiSource.NONE, docker_away="no socket")
    of = snapshot(hall("mill", heard("a", ui=ui), heard("b")))
    assert found(of) == {
        "mill.mill-a.ui_down": "no kiosk UI answers keys there; Docker does not answer: no socket"
    }


def test_what_all_kiosks_of_a_venue_share_is_the_venues() -> None:
    both = [views(one, report=report(FRESH), ecs=AWAY) for one in ("a", "b")]
    of = snapshot(hall("mill", *both, silent("c")), hall("hall", heard("a")))
    assert found(of)["mill.-.ecs_disconnected"] == "all 2 kiosks: its ECS agent is not connected"
    assert "mill.mill-a.ecs_disconnected" not in found(of)
    of = snapshot(hall("mill", *both, heard("c")))
    assert set(found(of)) == {"mill.mill-a.ecs_disconnected", "mill.mill-b.ecs_disconnected"}
    # Of one kiosk it is the kiosk's.
    assert set(found(snapshot(hall("mill", both[0])))) == {"mill.mill-a.ecs_disconnected"}


def test_what_nearly_all_kiosks_share_is_nobodys() -> None:
    ill = [
        hall(name, views("a", report=report(FRESH), ecs=AWAY)) for name in ("one", "two", "three")
    ]
    assert set(found(snapshot(*ill))) == {"-.-.ecs_disconnected"}
    assert set(found(snapshot(*ill[:2]))) == {
        "one.one-a.ecs_disconnected",
        "two.two-a.ecs_disconnected",
    }
    well = [hall(f"well-{number}", heard("a")) for number in range(2)]
    assert len(found(snapshot(*ill, *well))) == 3


OLD_QUEUE = {"queued": 3, "oldest_queued_at": NOW - timedelta(hours=1)}


def test_queues_that_all_grow_old_are_one_and_none_where_the_way_is_known_to_be_shut() -> None:
    ill = [hall(name, heard("a", **OLD_QUEUE), heard("b")) for name in ("one", "two", "three")]
    # Of those that have something to send, all.
    assert set(found(snapshot(*ill))) == {"-.-.queue_old"}
    assert set(found(snapshot(ill[0], hall("four", heard("a", queued=1))))) == {
        "one.one-a.queue_old"
    }
    assert set(found(snapshot(*ill[:1], path=PathRecord()))) == {"-.-.path"}


def test_what_waited_for_the_ticket_api_has_time_to_reach_it() -> None:
    ill = hall("mill", heard("a", **OLD_QUEUE))

    def back(ago: timedelta) -> Troubles:
        return troubles(snapshot(ill, path=PathRecord(looked_at=NOW, back_at=NOW - ago)))

    lately = back(timedelta(minutes=10))
    assert lately.now == ()
    assert lately.may_go_on("queue_old", "mill", "mill-a"), "it may have been so before the outage"
    assert not lately.may_go_on("parked", "mill", "mill-a")
    [old] = (long_ago := back(timedelta(minutes=10, seconds=1))).now
    assert old.alarm_id == "mill.mill-a.queue_old"
    assert not long_ago.may_go_on("queue_old", "mill", "mill-b")
    assert back(-timedelta(hours=1)).now != (), "by a clock that was ahead"


def test_a_fleet_that_is_silent_as_a_whole_is_one() -> None:
    dark = [hall(name, silent("a"), silent("b")) for name in ("one", "two", "three", "four")]
    closed = hall("closed", silent("a"), hours=CLOSED)
    assert found(snapshot(*dark, closed, hall("lit", heard("a")))) == {
        "-.-.fleet_silent": "4 of the 5 venues that are open are not heard"
    }
    assert set(found(snapshot(*dark[:2], hall("lit", heard("a"))))) == {
        "one.-.venue_unreachable",
        "two.-.venue_unreachable",
    }


def online(kiosk_id: str) -> KioskViews:
    return views(kiosk_id, report=report(OLD), ssm=SsmView(NOW, "Online", NOW))


def test_what_keeps_all_agents_of_a_venue_from_us_is_one_alarm() -> None:
    of = snapshot(hall("mill", online("a"), online("b"), views("c", Standing.RETIRED)))
    words = "all 2 kiosks: it does not report, and its host answers Systems Manager"
    assert found(of) == {"mill.-.agent_silent": words}
    # Of one kiosk it is the kiosk's, and where another is heard it is each one's own.
    assert set(found(snapshot(hall("mill", online("a"))))) == {"mill.mill-a.agent_silent"}
    of = snapshot(hall("mill", online("a"), online("b"), heard("c")))
    assert set(found(of)) == {"mill.mill-a.agent_silent", "mill.mill-b.agent_silent"}


def test_a_fleet_of_which_no_agent_comes_through_is_one_though_its_hosts_answer() -> None:
    """As where our own address leads nowhere: nothing is wrong with any venue."""
    some = [hall(name, online("a"), online("b")) for name in ("one", "two")]
    others = [hall("three", silent("a")), hall("four", online("a"), silent("b"))]
    assert found(snapshot(*some, *others, hall("lit", heard("a")))) == {
        "-.-.fleet_silent": "4 of the 5 venues that are open are not heard"
    }


def test_nobody_is_called_silent_by_a_service_that_did_not_listen() -> None:
    of = snapshot(hall("mill", silent("a")), listening=timedelta(seconds=89))
    assert found(of) == {}
    assert all(troubles(of).may_go_on(cause, "mill", "") for cause in SILENT)
    [one] = of.kiosks
    assert one.assessment.unknown[0].startswith("whether it reports")
    of = snapshot(hall("mill", silent("a")), listening=timedelta(seconds=90))
    assert set(found(of)) == {"mill.-.venue_unreachable"}


def test_what_a_silent_kiosk_said_last_may_be_so_still() -> None:
    of = snapshot(hall("mill", views("a", report=report(OLD, quarantined=1)), heard("b")))
    seen = troubles(of)
    assert "mill.mill-a.quarantined" not in found(of)
    assert seen.may_go_on("quarantined", "mill", "mill-a")
    assert not seen.may_go_on("quarantined", "mill", "mill-b")


@pytest.mark.parametrize("standing", [one for one in Standing if one != Standing.ACTIVE])
def test_what_is_wrong_with_a_kiosk_ends_as_it_goes_out_of_service(standing: Standing) -> None:
    gone = views("a", standing, report=report(OLD, quarantined=1))
    seen = troubles(snapshot(hall("mill", gone, heard("b"))))
    assert not seen.may_go_on("quarantined", "mill", "mill-a")
    left = views("a", report=report(OLD, left=True, quarantined=1))
    assert not troubles(snapshot(hall("mill", left))).may_go_on("quarantined", "mill", "mill-a")
    assert not troubles(snapshot(hall("mill", gone))).may_go_on("clock_off", "mill", "")


def test_a_source_that_is_silent_is_named_with_why() -> None:
    ecs, ssm = Source("ecs", "eu-central-1", "kiosks"), Source("ssm", "eu-central-1")
    failed = SweepRecord(looked_at=NOW - timedelta(minutes=6), failure="ECS answered: no")
    of = snapshot(hall("mill", heard("a")), sweeps={ecs: failed, ssm: SweepRecord(looked_at=NOW)})
    assert found(of) == {
        "-.-.source_silent": "not asked with success for 5 minutes: "
        "ECS in eu-central-1, cluster kiosks: ECS answered: no"
    }
    of = snapshot(hall("mill", heard("a")), sweeps={ssm: None})
    assert set(found(of)) == {"-.-.source_silent"}


def test_an_alarms_id_says_where_and_what() -> None:
    assert Trouble("parked", "", "mill", "till").alarm_id == "mill.till.parked"


def test_a_way_to_the_ticket_api_that_no_task_gets_through_is_one_alarm() -> None:
    def path(ago: timedelta | None, failure: str = "") -> dict[str, str]:
        at = None if ago is None else NOW - ago
        failed_at = NOW if failure else None
        record = PathRecord(looked_at=at, failed_at=failed_at, failure=failure)
        return found(snapshot(hall("mill", heard("a")), path=record))

    minutes = timedelta(minutes=1)
    assert path(5 * minutes) == {}
    assert path(5 * minutes, "refused") == {}, "one that failed once may get through again"
    words = "no task of the fleet service got through to the ticket API for 5 minutes"
    assert path(5 * minutes + timedelta(seconds=1)) == {"-.-.path": words}
    assert path(6 * minutes, "no answer") == {"-.-.path": f"{words}: no answer"}
    assert path(None, "no answer") == {"-.-.path": f"{words}: no answer"}
    assert found(snapshot(hall("mill", heard("a")))) == {}, "before any task tried"


MINUTES = timedelta(minutes=2)


def cut(kiosk_id: str) -> KioskViews:
    """Return one whose host is called online by a ping from before it fell silent."""
    before = SsmView(NOW, "Online", NOW - MINUTES)
    return views(kiosk_id, report=report(MINUTES), ssm=before)


def sure(of: Snapshot) -> dict[str, bool]:
    return {one.alarm_id: one.is_sure for one in troubles(of).now}


def test_of_one_that_is_silent_alone_the_next_ping_says_which_it_is() -> None:
    of = snapshot(hall("mill", cut("a"), heard("b")))
    assert sure(of) == {"mill.mill-a.kiosk_unreachable": False}
    [one, _] = of.kiosks
    assert one.assessment.unknown[0] == (
        "whether its host answers Systems Manager: its next ping is not due yet"
    )
    assert sure(snapshot(hall("mill", cut("a")))) == {"mill.-.venue_unreachable": False}
    # Where another's agent is silent already, that one may be at fault again.
    of = snapshot(hall("mill", cut("a"), online("b")))
    assert sure(of) == {"mill.mill-b.agent_silent": True, "mill.mill-a.kiosk_unreachable": False}
    # Two at once share a line.
    assert sure(snapshot(hall("mill", cut("a"), cut("b")))) == {"mill.-.venue_unreachable": True}


def test_what_a_silent_supervisor_told_may_be_so_still() -> None:
    of = snapshot(hall("mill", heard("a", supervisor="silent", screen={"holder": "s"}), heard("b")))
    assert found(of) == {
        "mill.mill-a.supervisor_silent": "its supervisor is silent: nothing tells of its screen "
        "and its host"
    }
    seen = troubles(of)
    for cause in ("docker_away", "image_crashes", "standby"):
        assert seen.may_go_on(cause, "mill", "mill-a"), cause
    assert not seen.may_go_on("ui_down", "mill", "mill-a"), "a screen answers its agent"
    # Of an agent that does not tell who has its screen nobody knows.
    assert seen.may_go_on("ui_down", "mill", "mill-b")
    assert not seen.may_go_on("parked", "mill", "mill-b")
    ecs = heard("a", ui=UiReport(source=UiSource.ECS))
    assert not troubles(snapshot(hall("mill", ecs))).may_go_on("ui_down", "mill", "mill-a")


def test_a_screen_that_nobody_has_is_one_alarm_with_the_silence_of_its_supervisor() -> None:
    of = snapshot(hall("mill", heard("a", supervisor="silent", screen={}), heard("b")))
    [(alarm_id, words)] = found(of).items()
    assert alarm_id == "mill.mill-a.ui_down"
    assert words.startswith("no kiosk UI answers keys there; its supervisor is silent")


def test_one_that_drains_and_stays_calls_as_any_other() -> None:
    of = snapshot(hall("mill", views("a", report=report(OLD, draining=True)), heard("b")))
    assert set(found(of)) == {"mill.mill-a.kiosk_unreachable"}
    of = snapshot(hall("mill", heard("a", draining=True, parked=1), heard("b")))
    assert set(found(of)) == {"mill.mill-a.parked"}
    of = snapshot(hall("mill", heard("a", draining=True), heard("b")))
    assert found(of) == {}


def test_one_that_sells_nothing_is_one_alarm() -> None:
    assert found(snapshot(hall("mill", heard("a", room="stop")))) == {
        "mill.mill-a.sales_stopped": "its disk is full: it sells nothing new"
    }
