"""Whom the supervisor takes to be well: by their own report, by Docker's word, by time."""

from dataclasses import replace

import pytest

from kiosk_agent.supervisor.domain.host import (
    Health,
    Source,
    UiContainer,
)
from kiosk_agent.supervisor.domain.memory import (
    REPORTS_MS,
    STUCK_LAG_MS,
    is_ready,
    remembered,
)
from kiosk_agent.supervisor.domain.reconcile import (
    COMES_UP_MS,
    HUNG_MS,
    reconcile,
)
from kiosk_agent.supervisor.domain.steps import (
    StartStandby,
    StopContainer,
    Wait,
)
from tests.support.seen_host import (
    NOW,
    WATCHED,
    A,
    B,
    S,
    ecs,
    host,
    only,
    says,
    standby,
    steps,
)

# Docker's word on a UI's health


@pytest.mark.parametrize("busy", ["", "a payment"])
@pytest.mark.parametrize("one", [ecs(health=Health.UNHEALTHY), standby(health=Health.UNHEALTHY)])
def test_who_reports_is_well_whatever_docker_says_of_its_health(
    one: UiContainer, busy: str
) -> None:
    reports = host(one, screens=(says(one, ago=100, busy=busy),), holder=one.screen_id)
    assert is_ready(reports, one)
    assert only(steps(reports), Wait).why.endswith("answers keys")


@pytest.mark.parametrize("lag_ms", [0, STUCK_LAG_MS])
def test_who_says_that_somebody_is_busy_is_never_ended_at_once(lag_ms: int) -> None:
    ill, holder = ecs(B, health=Health.UNHEALTHY), ecs(A)
    for one, others in ((standby(health=Health.UNHEALTHY), ()), (ill, (holder,))):
        busy = says(one, ago=REPORTS_MS, busy="a payment", lag_ms=lag_ms)
        screens = (busy, *(says(other) for other in others))
        seen = host(one, *others, screens=screens, holder=A if others else S)
        assert not any(isinstance(step, StopContainer) for step in steps(seen))
        stale = replace(busy, reported_ms_ago=REPORTS_MS + 1)
        silent = replace(seen, screens=(stale, *screens[1:]))
        assert any(isinstance(step, StopContainer) for step in steps(silent))


def test_an_unhealthy_one_is_not_ended_before_the_agent_had_time_to_hear_of_it() -> None:
    one = standby(health=Health.UNHEALTHY)
    for ago, ends in ((COMES_UP_MS - 1, False), (COMES_UP_MS, True)):
        found = steps(host(one), replace(WATCHED, answers_since=NOW - ago))
        assert any(isinstance(step, StopContainer) for step in found) is ends


# One whose folder of sockets is gone


@pytest.mark.parametrize("one", [ecs(), standby()])
@pytest.mark.parametrize(
    ("since", "reported", "away", "cut_off"),
    [
        (NOW - REPORTS_MS, None, "", True),
        (NOW - REPORTS_MS, NOW - REPORTS_MS - 1, "", True),
        # It may report still, and then its line is of before.
        (NOW - REPORTS_MS + 1, None, "", False),
        (NOW - REPORTS_MS, NOW - REPORTS_MS, "", False),
        # Its own is the one that is there: it began with it, or later.
        (NOW - 300_000, None, "", False),
        (0, None, "", False),
        # Nobody could have heard of it.
        (NOW - REPORTS_MS, None, "it restarts", False),
    ],
)
def test_whose_folder_of_sockets_is_gone_is_replaced_without_waiting(
    one: UiContainer, since: int, reported: int | None, away: str, *, cut_off: bool
) -> None:
    screens = () if reported is None else (says(one, ago=NOW - reported),)
    seen = replace(host(one, screens=screens), sockets_since_ms=since, agent_away=away)
    just_back = replace(WATCHED, answers_since=NOW - 3_000, not_failed=frozenset())
    found = steps(seen, just_back)
    if one.source is Source.ECS:
        assert isinstance(found[0], StartStandby) is cut_off
    else:
        why = "the standby has the sockets of a folder that is gone"
        assert (found[0] == StopContainer(S, why, hangs=True)) is cut_off
    # A cart is with the agent; but who says so has a line.
    busy = replace(seen, screens=(says(one, ago=100, busy="a sale"),))
    assert not any(isinstance(step, StopContainer) for step in steps(busy, just_back))


def test_of_ecs_s_one_whose_folder_is_gone_is_ended_once_another_answers() -> None:
    old, covers = ecs(), standby(ago=2_000)
    seen = replace(
        host(old, covers, screens=(says(covers),), holder=S), sockets_since_ms=NOW - 10_000
    )
    stop = only(steps(seen), StopContainer)
    assert isinstance(stop, StopContainer)
    # Its image has not failed.
    assert (stop.container_id, stop.hangs, stop.fails) == (A, True, False)


# One that reports, and is always late


def test_one_that_is_always_late_is_covered_and_then_ended() -> None:
    for ago, covered in ((COMES_UP_MS - 1, False), (COMES_UP_MS, True)):
        late = ecs(ago=ago)
        seen = host(late, screens=(says(late, lag_ms=STUCK_LAG_MS),), holder=A)
        assert any(isinstance(step, StartStandby) for step in steps(seen)) is covered
    other = standby(ago=2_000)
    for ago, ends in ((HUNG_MS - 1, False), (HUNG_MS, True)):
        late = ecs(ago=ago)
        screens = (says(late, lag_ms=STUCK_LAG_MS), says(other))
        seen = host(late, other, screens=screens, holder=S)
        assert any(isinstance(step, StopContainer) for step in steps(seen)) is ends


def test_one_that_is_late_now_and_then_is_left_alone() -> None:
    one, memory = ecs(), WATCHED
    for second in range(0, 200, 2):
        now = NOW + second * 1_000
        lag_ms = STUCK_LAG_MS if second % 10 else 0
        seen = host(one, screens=(says(one, lag_ms=lag_ms),), holder=A)
        memory = remembered(memory, seen, now)
        assert not any(
            isinstance(step, StartStandby | StopContainer) for step in reconcile(memory, seen, now)
        )


# An agent that restarted


@pytest.mark.parametrize("one", [ecs(ago=3_600_000), standby(ago=3_600_000)])
def test_whoever_an_agent_that_just_restarted_has_not_heard_of_yet_is_no_trouble(
    one: UiContainer,
) -> None:
    reports = host(one, screens=(says(one),), holder=one.screen_id)
    away = replace(reports, agent_away="it restarts", screens=(), holder="")
    silent = host(one)
    well = remembered(WATCHED, reports, NOW)
    back = NOW + 300_000
    after = remembered(well, away, back - 1)
    for ago, covered in ((0, False), (COMES_UP_MS - 1, False), (COMES_UP_MS, True)):
        found = steps(silent, remembered(after, silent, back), back + ago)
        if one.source is Source.ECS:
            assert any(isinstance(step, StartStandby) for step in found) is covered
        assert not any(isinstance(step, StopContainer) for step in found)
    gone = steps(silent, remembered(after, silent, back), back + HUNG_MS)
    assert any(isinstance(step, StopContainer) for step in gone) is (one.source is Source.STANDBY)


def test_an_agent_that_restarts_between_two_looks_ends_nobody_either() -> None:
    one = standby(ago=3_600_000)
    well = remembered(WATCHED, host(one, screens=(says(one, ago=500),), holder=S), NOW)
    assert isinstance(only(steps(host(one), well, NOW + 2_000), Wait), Wait)
    late = NOW - 500 + HUNG_MS
    assert isinstance(only(steps(host(one), well, late - 1), Wait), Wait)
    assert isinstance(only(steps(host(one), well, late), StopContainer), StopContainer)
