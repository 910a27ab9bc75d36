"""The fleet's figures: from the store, so the same from any task, each source with its age."""

from datetime import timedelta

from fleet_service.alarms.records import AlarmRecord
from fleet_service.alarms.service import told_alarm
from fleet_service.instances.ports import Source
from fleet_service.instances.records import SweepRecord, WatchRecord
from fleet_service.relay.records import PathRecord
from fleet_service.watch.figures import FleetFigures
from kiosk_contracts.alarms import Alarm, Silence
from tests.support.fleet_snapshots import hall, snapshot
from tests.support.fleet_views import NOW, report, views

ECS, SSM = Source("ecs", "eu-central-1", "kiosks"), Source("ssm", "eu-central-1")


def alarm(silence: Silence | None = None) -> Alarm:
    record = AlarmRecord(
        venue_id="mill", kiosk_id="mill-a", cause="parked", words="3", seen_since=NOW, opened_at=NOW
    )
    return told_alarm("mill.mill-a.parked", record, NOW, silence)


def figures(*alarms: Alarm, watch: WatchRecord | None = None) -> list[str]:
    swept = SweepRecord(looked_at=NOW - timedelta(seconds=30), hosts=2)
    of = snapshot(
        hall("mill", views("a", report=report(timedelta(seconds=10), parked=3)), views("b")),
        sweeps={ECS: swept, SSM: SweepRecord(failed_in_a_row=4)},
    )
    text = FleetFigures(of, alarms, watch, NOW + timedelta(seconds=5)).text().decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_kiosks_are_counted_by_state_and_each_has_its_own() -> None:
    lines = figures()
    assert 'eventpro_fleet_kiosks{state="degraded"} 1.0' in lines
    assert 'eventpro_fleet_kiosks{state="kiosk_unreachable"} 1.0' in lines
    assert 'eventpro_fleet_kiosks{state="venue_unreachable"} 0.0' in lines
    state = 'eventpro_fleet_kiosk_state{kiosk="mill-a",state="degraded",venue="mill"} 1.0'
    assert state in lines
    assert 'eventpro_fleet_kiosk_parked{kiosk="mill-a",venue="mill"} 3.0' in lines
    assert not [line for line in lines if "parked" in line and "mill-b" in line]


def test_what_a_kiosk_does_not_tell_is_no_figure() -> None:
    assert not [line for line in figures() if "free_bytes" in line]
    told = views("a", report=report(timedelta(seconds=10), free_bytes=7))
    text = FleetFigures(snapshot(hall("mill", told)), (), None, NOW).text().decode()
    assert 'eventpro_fleet_kiosk_free_bytes{kiosk="mill-a",venue="mill"} 7.0' in text


def test_each_source_has_its_age() -> None:
    # One that began and never ended says nothing of anybody.
    judged_at = NOW - timedelta(seconds=15)
    lines = figures(watch=WatchRecord(looked_at=NOW, since=NOW, judged_at=judged_at))
    assert 'eventpro_fleet_source_age_seconds{source="ecs eu-central-1/kiosks"} 35.0' in lines
    assert 'eventpro_fleet_source_age_seconds{source="ssm eu-central-1"} +Inf' in lines
    assert 'eventpro_fleet_source_failures{source="ssm eu-central-1"} 4.0' in lines
    assert "eventpro_fleet_watch_age_seconds 20.0" in lines
    unended = figures(watch=WatchRecord(looked_at=NOW, since=NOW, judged_at=None))
    assert "eventpro_fleet_watch_age_seconds +Inf" in unended
    older = figures(watch=WatchRecord(looked_at=NOW, since=NOW))
    assert "eventpro_fleet_watch_age_seconds 5.0" in older
    assert "eventpro_fleet_watch_age_seconds +Inf" in figures()


def test_alarms_say_whether_anybody_is_to_be_called() -> None:
    quiet = Silence(scope="s", until=NOW, reason="r", by="ana", made_at=NOW)
    for told, silenced in ((alarm(), "no"), (alarm(quiet), "yes")):
        [line] = [one for one in figures(told) if one.startswith("eventpro_fleet_alarm{")]
        assert f'silenced="{silenced}"' in line
        assert 'cause="parked"' in line
        assert 'acknowledged="no"' in line


def test_the_way_to_the_ticket_api_has_its_age() -> None:
    def age(path: PathRecord | None) -> list[str]:
        text = FleetFigures(snapshot(path=path), [], None, NOW + timedelta(seconds=5)).text()
        return [
            line for line in text.decode().splitlines() if line.startswith("eventpro_fleet_path")
        ]

    assert age(PathRecord(looked_at=NOW)) == ["eventpro_fleet_path_age_seconds 5.0"]
    assert age(PathRecord()) == age(None) == ["eventpro_fleet_path_age_seconds +Inf"]
