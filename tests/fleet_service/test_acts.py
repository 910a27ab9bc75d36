"""When a kiosk may go: by what it said, and how long ago."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from fleet_service.heartbeats.last_seen import LastSeen
from fleet_service.kiosks import acts
from fleet_service.venues.records import KioskRecord
from kiosk_contracts.heartbeats import Heartbeat
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.venues import Standing

NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
LEAVING = KioskRecord(
    kiosk_code="HB1",
    venue_id="harbour-hall",
    standing=Standing.ACTIVE,
    instance_id="mi-0123456789abcdef0",
    leaving_since=NOW - timedelta(hours=1),
)


def seen(minutes_ago: float, *, left: bool = True) -> LastSeen:
    """Return a report."""
    heartbeat = Heartbeat(
        kiosk_id="till-1",
        journal_id=uuid4(),
        epoch=1,
        agent_version="0.1.0",
        device_time=NOW,
        last_sequence=1,
        queued=0,
        parked=0,
        quarantined=0,
        left=left,
    )
    return LastSeen.of(heartbeat, NOW - timedelta(minutes=minutes_ago), LEAVING.leaving_since)


@pytest.mark.parametrize("minutes_ago", [0, 0.5, 1.5])
def test_one_that_has_left_lately_may_go(minutes_ago: float) -> None:
    gone = acts.retired("till-1", LEAVING, seen(minutes_ago), NOW)
    assert (gone.standing, gone.instance_id) == (Standing.RETIRED, LEAVING.instance_id)
    renewed = acts.renewed("till-1", LEAVING, seen(minutes_ago), NOW)
    assert (renewed.standing, renewed.instance_id) == (Standing.EXPECTED, None)
    assert (renewed.kiosk_code, renewed.served, renewed.leaving_since) == ("HB1", True, None)


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (None, "has not reported since"),
        (seen(61), "has not reported since"),
        (seen(1.6), "was last heard at 2026-11-26 19:58:24 UTC"),
        (seen(0.5, left=False), "has not begun to drain"),
        (seen(0.5).model_copy(update={"leaving_since": None}), "has not begun to drain"),
    ],
)
def test_one_that_has_not_left_or_whose_word_is_old_may_not(
    report: LastSeen | None, why: str
) -> None:
    for act in (acts.retired, acts.renewed):
        with pytest.raises(ProblemError, match=why):
            act("till-1", LEAVING, report, NOW)


def test_one_that_was_given_up_may_go_whatever_it_says() -> None:
    given_up = acts.written_off("till-1", LEAVING, "stolen")
    assert acts.written_off("till-1", given_up, "another reason") == given_up
    assert acts.retired("till-1", given_up, None, NOW).standing is Standing.RETIRED
    assert acts.renewed("till-1", given_up, None, NOW).written_off == ""


def test_one_that_was_asked_in_error_is_kept() -> None:
    kept = acts.restored("till-1", LEAVING)
    assert (kept.standing, kept.leaving_since) == (Standing.ACTIVE, None)
    revoked = acts.revoked("till-1", LEAVING)
    assert acts.restored("till-1", revoked) == kept


def test_it_is_asked_to_leave_once() -> None:
    assert acts.leaving("till-1", LEAVING, NOW) == LEAVING


ACTS = {
    "revoked": lambda kiosk: acts.revoked("till-1", kiosk),
    "restored": lambda kiosk: acts.restored("till-1", kiosk),
    "freed": lambda kiosk: acts.freed("till-1", kiosk),
    "leaving": lambda kiosk: acts.leaving("till-1", kiosk, NOW),
    "written_off": lambda kiosk: acts.written_off("till-1", kiosk, "stolen"),
    "retired": lambda kiosk: acts.retired("till-1", kiosk, seen(1), NOW),
    "renewed": lambda kiosk: acts.renewed("till-1", kiosk, seen(1), NOW),
}
STANDINGS = ("expected", "pending", "active", "revoked", "retired")
TABLE = {
    # What each act makes of a kiosk that is expected, pending, active, revoked, retired.
    "revoked": "- - revoked revoked -",
    "restored": "- - active active -",
    "freed": "expected expected - - -",
    "leaving": "- - active - retired",
    "written_off": "- - revoked revoked retired",
    "retired": "- - retired retired retired",
    "renewed": "expected - expected expected -",
}


@pytest.mark.parametrize("act", list(ACTS))
@pytest.mark.parametrize(("before", "place"), [(name, at) for at, name in enumerate(STANDINGS)])
def test_what_each_act_makes_of_each_standing(act: str, before: str, place: int) -> None:
    kiosk = LEAVING.model_copy(update={"standing": Standing(before)})
    wanted = TABLE[act].split()[place]
    if wanted != "-":
        assert ACTS[act](kiosk).standing == wanted
        return
    with pytest.raises(ProblemError, match=f"till-1 is {before}: ") as refused:
        ACTS[act](kiosk)
    assert (refused.value.problem.status, refused.value.code) == (409, "standing_differs")
    assert refused.value.problem.hint
