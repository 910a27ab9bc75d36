"""Somebody is called for a move that stopped, does not come on, or left a kiosk on its release."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from fleet_service.alarms.causes import OPENS_AFTER, troubles
from fleet_service.instances.snapshot import Snapshot
from fleet_service.instances.views import EcsView, KioskViews
from fleet_service.releases.domain.halting import CalledAfter, LeftKiosk
from fleet_service.releases.domain.moves import KioskMove, Move
from fleet_service.releases.records import HaltRecord
from fleet_service.releases.watched import WatchedMoves
from fleet_service.settings import FleetSettings
from kiosk_contracts.releases import KioskMoveState, MoveState
from kiosk_contracts.venues import Standing
from tests.support.fleet_snapshots import CLOSED, hall, snapshot
from tests.support.fleet_views import NOW, report, views

HOUR = timedelta(hours=1)
WELL = views("a", report=report(timedelta(seconds=10)))
SILENT = views("a", report=report(HOUR))
LEFT = LeftKiosk(
    kiosk_id="mill-a", release="r-2", why="it crashed", move_id="m", at=NOW - timedelta(hours=2)
)


def move(one: KioskMoveState, ago: timedelta, **changes: Any) -> Move:
    """Return a move of `mill-a`, which came on so long ago last."""
    kiosk = KioskMove(kiosk_id="mill-a", instance_id="mi-a", state=one, why="busy", since=NOW - ago)
    body = {
        "move_id": "m",
        "to": "r-2",
        "image": "i",
        "venue_id": "mill",
        "settle_s": 300,
        "by": "Olga",
        "made_at": NOW - timedelta(days=1),
        "progressed_at": NOW - ago,
        "kiosks": (kiosk,),
    }
    return Move.model_validate({**body, **changes})


def found(of: Snapshot, called_after: CalledAfter = CalledAfter()) -> dict[str, str]:  # noqa: B008  frozen
    """Return what is called for because of moves."""
    told = {one.alarm_id: one.words for one in troubles(of, called_after).now}
    return {key: words for key, words in told.items() if "move" in key or "release" in key}


def with_move(one: Move, kiosk: KioskViews = WELL, **more: Any) -> dict[str, str]:
    return found(snapshot(hall("mill", kiosk, **more), moves=WatchedMoves(open=(one,))))


WAITING, SETTLING = KioskMoveState.WAITING, KioskMoveState.SETTLING
BACK = KioskMoveState.MOVING_BACK


@pytest.mark.parametrize(
    ("one", "is_stuck"),
    [
        (move(WAITING, HOUR), True),
        (move(WAITING, HOUR - timedelta(seconds=1)), False),
        (move(WAITING, timedelta(days=1), progressed_at=None), True),
        (move(WAITING, timedelta(), progressed_at=None, made_at=NOW - HOUR), True),
        (move(SETTLING, HOUR), False),
        (move(SETTLING, HOUR + timedelta(seconds=300)), True),
        (move(WAITING, timedelta(days=1), state=MoveState.PAUSED), False),
        (move(SETTLING, timedelta(days=1), state=MoveState.PAUSED), True),
        (move(BACK, timedelta(minutes=15), state=MoveState.STOPPING), True),
        (move(BACK, timedelta(minutes=14), state=MoveState.STOPPING), False),
        (move(WAITING, timedelta(), fault="the fleet service itself failed: X"), True),
        (move(KioskMoveState.MOVED, timedelta(days=1)), False),
    ],
)
def test_a_move_that_does_not_come_on_is_stuck(one: Move, *, is_stuck: bool) -> None:
    assert set(with_move(one)) == ({"mill.-.move_stuck"} if is_stuck else set())


def test_how_long_a_move_may_do_nothing_is_a_setting() -> None:
    stuck = snapshot(hall("mill", WELL), moves=WatchedMoves(open=(move(WAITING, HOUR),)))
    stopping = move(BACK, timedelta(minutes=15), state=MoveState.STOPPING)
    back = snapshot(hall("mill", WELL), moves=WatchedMoves(open=(stopping,)))
    for of, names in ((stuck, "stuck"), (back, "not_back")):
        longer = replace(CalledAfter(), **{names: timedelta(hours=2)})
        assert found(of)
        assert not found(of, longer)
    settings = {"move_stuck_after_s": 60, "move_back_within_s": 30.5}
    assert fleet_settings(settings).called_after == CalledAfter(
        stuck=timedelta(minutes=1), not_back=timedelta(seconds=30.5)
    )
    assert fleet_settings({}).called_after == CalledAfter()
    for name in settings:
        with pytest.raises(ValidationError, match=name):
            fleet_settings({name: 0})


def fleet_settings(given: dict[str, Any]) -> FleetSettings:
    needed = {"ticket_api_url": "http://127.0.0.1:9", "kiosks_file": "k", "signing_key_file": "s"}
    return FleetSettings.model_validate({**needed, **given})


def test_what_a_move_is_called_for_names_it_and_its_release() -> None:
    halt = HaltRecord(stopped="it stopped", move_id="m-1", release="r-2", left=(LEFT,))
    moves = WatchedMoves(open=(move(WAITING, HOUR),), halts={"mill": halt})
    told = troubles(snapshot(hall("mill", WELL), moves=moves)).now
    about = {one.cause: (one.move_id, one.release) for one in told if one.move_id}
    assert about == {
        "move_stopped": ("m-1", "r-2"),
        "move_stuck": ("m", "r-2"),
        "release_left": ("m", "r-2"),
    }


def test_its_words_say_since_when_and_what_it_waits_for() -> None:
    assert with_move(move(WAITING, HOUR))["mill.-.move_stuck"] == (
        f"the move m to r-2 is running and has not come on since {NOW - HOUR:%Y-%m-%d %H:%M} UTC; "
        "mill-a: busy"
    )


def test_a_venue_that_is_closed_or_silent_has_no_stuck_move_unless_one_is_to_go_back() -> None:
    stuck = move(WAITING, timedelta(days=1))
    assert with_move(stuck, hours=CLOSED) == {}
    assert with_move(stuck, SILENT) == {}
    back = move(BACK, timedelta(days=1), state=MoveState.STOPPING)
    assert set(with_move(back, SILENT, hours=CLOSED)) == {"mill.-.move_stuck"}


def test_a_move_that_nobody_can_read_is_called_for_and_lasts_two_minutes_first() -> None:
    of = snapshot(hall("mill", WELL), moves=WatchedMoves(unreadable=("m-1", "m-2")))
    words = "this version of the fleet service can't read m-1, m-2"
    assert found(of) == {"-.-.move_stuck": words}
    assert OPENS_AFTER["move_stuck"] == timedelta(minutes=2)


def halted(kiosk: KioskViews, halt: HaltRecord) -> dict[str, str]:
    return found(snapshot(hall("mill", kiosk), moves=WatchedMoves(halts={"mill": halt})))


def test_a_move_that_stopped_and_who_it_left_are_an_alarm_each_also_while_nobody_is_heard() -> None:
    halt = HaltRecord(stopped="the move m to r-2 stopped: mill-a failed", left=(LEFT,))
    assert halted(SILENT, halt) == {
        "mill.-.move_stopped": "the move m to r-2 stopped: mill-a failed",
        "mill.mill-a.release_left": "r-2 failed there, and it was not brought back: it crashed",
    }
    assert "move_stopped" not in OPENS_AFTER
    of = snapshot(hall("mill", SILENT))
    assert not troubles(of).may_go_on("release_left", "mill", "mill-a"), "then it is over"


@pytest.mark.parametrize(
    ("kiosk", "is_left"),
    [
        (replace(WELL, ecs=EcsView(NOW, "ACTIVE", connected=True, release="r-2")), True),
        (replace(WELL, ecs=EcsView(NOW, "ACTIVE", connected=True, release="r-1")), False),
        (replace(WELL, ecs=EcsView(LEFT.at, "ACTIVE", connected=True, release="r-1")), True),
        (replace(WELL, ecs=EcsView(NOW, "ACTIVE", connected=True)), True),
        (replace(WELL, leaving=True), False),
        (replace(WELL, standing=Standing.RETIRED), False),
        (replace(WELL, kiosk_id="b"), False),
    ],
)
def test_who_was_left_stays_so_until_ecs_says_otherwise_or_it_is_out_of_service(
    kiosk: KioskViews, *, is_left: bool
) -> None:
    assert bool(halted(kiosk, HaltRecord(left=(LEFT,)))) is is_left
