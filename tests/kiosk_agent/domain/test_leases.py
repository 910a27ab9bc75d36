"""A lease ends so many seconds after the asking, whatever is done to the wall clock."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from kiosk_agent.domain.leases import LeaseState, Moment, allotment_states, lease_state, sells_until
from tests.support.clock import FakeClock
from tests.support.journal import at, lease_request

CLOCK = FakeClock()
LEASE = lease_request(CLOCK, lease_s=3600)
ASKED = Moment(CLOCK.now(), CLOCK.boottime_ms(), CLOCK.boot_id(), None)


def _later(seconds: float, **changes: object) -> Moment:
    moment = replace(
        ASKED,
        now=ASKED.now + timedelta(seconds=seconds),
        boottime_ms=ASKED.boottime_ms + int(seconds * 1000),
    )
    return replace(moment, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(0, LeaseState.LIVE), (3599.999, LeaseState.LIVE), (3600, LeaseState.ENDED)],
)
def test_within_the_boot_it_ends_by_boot_time(seconds: float, state: LeaseState) -> None:
    assert lease_state(LEASE, _later(seconds)) is state


def test_within_the_boot_a_turned_wall_clock_changes_nothing() -> None:
    assert lease_state(LEASE, _later(3700, now=at("18:00:00"))) is LeaseState.ENDED
    assert lease_state(LEASE, _later(100, now=at("23:59:00"))) is LeaseState.LIVE


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(120, LeaseState.LIVE), (3599, LeaseState.LIVE), (3600, LeaseState.ENDED)],
)
def test_after_a_reboot_it_ends_by_the_wall_clock(seconds: float, state: LeaseState) -> None:
    assert lease_state(LEASE, _later(seconds, boot_id="boot-2", boottime_ms=10)) is state


def test_after_a_reboot_a_clock_behind_the_journal_is_not_believed() -> None:
    rebooted = _later(120, boot_id="boot-2", boottime_ms=10)
    behind = replace(rebooted, last_recorded_at=rebooted.now + timedelta(seconds=1))
    level = replace(rebooted, last_recorded_at=rebooted.now)
    assert lease_state(LEASE, behind) is LeaseState.CLOCK_BEHIND
    assert lease_state(LEASE, level) is LeaseState.LIVE
    before_asking = replace(rebooted, now=ASKED.now - timedelta(seconds=1))
    assert lease_state(LEASE, before_asking) is LeaseState.CLOCK_BEHIND
    quiet = replace(before_asking, last_recorded_at=ASKED.now - timedelta(seconds=9))
    assert lease_state(LEASE, quiet) is LeaseState.CLOCK_BEHIND, "the asking was later still"


def test_a_lease_not_answered_yet_sells_nothing() -> None:
    assert lease_state(replace(LEASE, lease_s=None), ASKED) is LeaseState.ENDED
    assert allotment_states([LEASE], ASKED) == {}


def test_until_when_it_sells_is_told_by_the_present_wall_clock_to_the_minute() -> None:
    def until(moment: Moment) -> datetime | None:
        granted = replace(LEASE, allotment_id=uuid4())
        return sells_until([granted], moment).get(granted.allotment_id)

    assert until(ASKED) == at("20:00:00")
    assert until(_later(599.5)) == at("20:00:00")
    assert until(_later(600, now=at("18:00:30"))) == at("18:50:00"), "the clock was set back"
    assert until(_later(600, boot_id="boot-2", boottime_ms=10)) == at("20:00:00")
    assert until(_later(3600)) is None
    behind = _later(120, boot_id="boot-2", last_recorded_at=at("19:30:00"))
    assert until(behind) is None
