"""What the supervisor does where nobody answers, or two do, and why."""

from dataclasses import replace

import pytest

from kiosk_agent.supervisor.domain.host import (
    Health,
    Source,
    UiContainer,
)
from kiosk_agent.supervisor.domain.memory import (
    BACKOFF_MS,
    RAN_WELL_MS,
    REPORTS_MS,
    STUCK_LAG_MS,
    UNSEEN,
    End,
    Memory,
    remembered,
)
from kiosk_agent.supervisor.domain.reconcile import (
    COMES_UP_MS,
    HUNG_MS,
    SETTLED_MS,
)
from kiosk_agent.supervisor.domain.showing import on_the_screen
from kiosk_agent.supervisor.domain.steps import (
    GiveScreen,
    RemoveContainer,
    StartStandby,
    StopContainer,
    Wait,
)
from tests.support.seen_host import (
    GOOD,
    NEW,
    NOW,
    RAN,
    WATCHED,
    A,
    B,
    S,
    ecs,
    ended,
    held,
    host,
    only,
    says,
    standby,
    steps,
)

# Nobody answers


def test_a_cold_boot_without_the_cloud_starts_the_standby_at_once() -> None:
    away = replace(host(), ecs_away="connection refused", agent_away="it starts")
    step = only(steps(away), StartStandby)
    assert step == StartStandby(
        GOOD, "no kiosk UI runs, and the ECS agent does not answer (connection refused)"
    )


def test_where_none_has_run_well_yet_it_waits_for_ecs_and_says_so() -> None:
    step = only(steps(host(), Memory()), Wait)
    assert "the first one has to come from ECS" in step.why


def test_a_container_that_has_just_begun_is_waited_for() -> None:
    young = ecs(ago=COMES_UP_MS - 1, health=Health.STARTING)
    assert only(steps(host(young)), Wait).why == "a kiosk UI is starting"
    late = ecs(ago=COMES_UP_MS, health=Health.STARTING)
    assert only(steps(host(late)), StartStandby).why.startswith("the kiosk UI that ECS runs")


def test_while_the_agent_is_away_what_runs_is_taken_to_be_well() -> None:
    old = replace(host(ecs()), agent_away="it starts")
    assert isinstance(only(steps(old), Wait), Wait)
    ill = replace(host(ecs(health=Health.UNHEALTHY)), agent_away="it starts")
    assert isinstance(only(steps(ill), StartStandby), StartStandby)


def test_docker_away_changes_nothing_that_runs() -> None:
    away = replace(host(), docker_away="no such socket")
    assert "no such socket" in only(steps(away), Wait).why


def test_a_standby_that_ended_is_removed_and_started_again_at_once() -> None:
    found = steps(host(ended(standby(), ago=0)))
    assert found[0] == RemoveContainer(S, "the standby ended: status 1")
    assert isinstance(found[1], StartStandby)


def test_one_that_ends_again_is_started_again_after_a_pause() -> None:
    memory = replace(WATCHED, ended={"earlier": End("sha256:good", NOW - 1)})
    found = steps(host(ended(standby(), ago=0)), memory)
    assert isinstance(found[1], Wait)
    assert "ended 2 times: again after 1 s" in found[1].why


@pytest.mark.parametrize("count", [2, 3, 6, 7, 8, 50])
def test_the_pauses_grow_and_it_never_gives_up(count: int) -> None:
    ends = {str(n): End("sha256:good", NOW - n) for n in range(count)}
    memory = Memory(good=RAN, ended=ends)
    pause = BACKOFF_MS[min(count, len(BACKOFF_MS) - 1)]
    assert isinstance(only(steps(host(), memory, NOW + pause - 1), Wait), Wait)
    assert isinstance(only(steps(host(), memory, NOW + pause), StartStandby), StartStandby)


def test_a_standby_that_was_told_to_end_is_no_crash() -> None:
    seen = host(ended(standby(), ago=0, status=0))
    earlier = {str(n): End(GOOD.image_id, NOW - n) for n in range(3)}
    told = replace(WATCHED.and_told_to_end(S), ended=earlier)
    assert remembered(told, seen, NOW).ended == earlier
    assert remembered(WATCHED, seen, NOW).crashes(GOOD.image_id, NOW) == (NOW,)
    # Its own report says so, too; one that is gone is forgotten.
    alone = standby()
    says_so = remembered(WATCHED, host(alone, screens=(says(alone, stopping=True),)), NOW)
    assert remembered(says_so, seen, NOW).ended == {}
    assert remembered(says_so, host(), NOW).told_to_end == frozenset()


@pytest.mark.parametrize("status", [0, 137, 143])
def test_one_that_was_told_to_end_and_was_killed_is_no_crash_of_its_image(status: int) -> None:
    gone = host(ended(standby(), status=status))
    assert not remembered(WATCHED.and_told_to_end(S), gone, NOW).ended
    # By what it ran out of, or of itself, it fails all the same.
    assert bool(remembered(WATCHED, gone, NOW).ended)
    [one] = gone.containers
    full = replace(gone, containers=(replace(one, out_of_memory=True),))
    assert remembered(WATCHED.and_told_to_end(S), full, NOW).ended
    crashed = host(ended(standby(), status=1))
    assert remembered(WATCHED.and_told_to_end(S), crashed, NOW).ended


@pytest.mark.parametrize("status", [0, 137])
def test_one_that_did_not_answer_and_was_ended_failed_however_it_ended(status: int) -> None:
    memory = replace(WATCHED, ready_since={A: NOW - 600_000}).and_given_up(A)
    after = remembered(memory, host(ended(ecs(), status=status)), NOW)
    assert [one.image_id for one in after.ended.values()] == [GOOD.image_id]
    assert remembered(after, host(), NOW).given_up == frozenset()


def test_how_one_ends_counts_by_its_life_and_not_by_its_name() -> None:
    first, again = replace(ecs(), began="1"), replace(ecs(ago=1_000), began="2")
    seen = remembered(WATCHED, host(first), NOW)
    # Told, and started again between two looks: no crash, and the next end is one.
    after = remembered(seen.and_told_to_end(A), host(again), NOW)
    assert (after.ended, after.told_to_end) == ({}, frozenset())
    assert remembered(after, host(ended(again, status=137)), NOW).ended
    # What did not answer, was ended, and was started again, may end in peace as any other.
    after = remembered(seen.and_given_up(A), host(again), NOW)
    assert [one.how for one in after.ended.values()] == [UNSEEN]
    assert after.given_up == frozenset()
    there = remembered(seen.and_told_to_end(A), host(ended(first, status=0)), NOW)
    assert remembered(there, host(again), NOW).told_to_end == frozenset()
    # One that answers again was given up too early.
    answers = host(first, screens=(says(first),), holder=A)
    assert remembered(seen.and_given_up(A), answers, NOW).given_up == frozenset()
    # What the agent still says of the life before tells nothing of this one.
    old = host(again, screens=(says(again, ago=1_001, stopping=True),))
    assert remembered(seen, old, NOW).told_to_end == frozenset()


def test_a_standby_that_a_person_ends_at_its_keys_is_no_crash() -> None:
    ready = replace(WATCHED, ready_since={S: NOW - RAN_WELL_MS})
    assert not remembered(ready, host(ended(standby(), ago=0, status=0)), NOW).ended


def test_of_ecs_s_one_that_answered_for_long_was_told_to_end() -> None:
    one = ecs(A)
    gone = host(ended(one, ago=0, status=0))
    for ready_ms, well in ((RAN_WELL_MS - 1, False), (RAN_WELL_MS, True)):
        before = replace(WATCHED, ready_since={A: NOW - ready_ms})
        assert (remembered(before, gone, NOW).ended == {}) is well
    failed = replace(WATCHED, ready_since={A: 0})
    assert len(remembered(failed, host(ended(one, ago=0)), NOW).ended) == 1


def test_a_container_that_ran_out_of_memory_is_told_so() -> None:
    seen = host(replace(ended(standby()), out_of_memory=True))
    assert steps(seen)[0] == RemoveContainer(S, "the standby ended: it ran out of memory")


@pytest.mark.parametrize("one", [ecs(B), standby()])
def test_one_that_was_told_to_end_is_not_ended_at_once_however_silent_it_is(
    one: UiContainer,
) -> None:
    holder = ecs(A)
    ill = replace(one, health=Health.UNHEALTHY)
    screens = (says(ill, ago=HUNG_MS, stopping=True), says(holder))
    seen = host(ill, holder, screens=screens, holder=A)
    assert not any(isinstance(step, StopContainer) for step in steps(seen))
    mute = replace(seen, screens=(says(ill, ago=HUNG_MS), says(holder)))
    hang = [step for step in steps(mute) if isinstance(step, StopContainer)]
    assert bool(hang) is (one.source is Source.ECS)
    alone = host(ill, screens=(says(ill, ago=HUNG_MS, stopping=True),), holder=S)
    assert not any(isinstance(step, StopContainer) for step in steps(alone))


# Two of them


def test_ecs_gets_the_screen_when_nobody_is_busy_at_the_standby() -> None:
    new, old = ecs(B, ago=5_000), standby()
    both = host(new, old, screens=(says(new), says(old)), holder=S)
    assert only(steps(both), GiveScreen) == GiveScreen(
        "b" * 12, "ECS's kiosk UI bbbbbbbbbbbb is ready, and nobody is busy"
    )
    busy = replace(both, screens=(says(new), says(old, busy="a payment")))
    assert only(steps(busy), Wait).why.endswith("when nobody is busy; now: a payment")


def test_the_standby_goes_when_the_screen_has_settled_at_ecs() -> None:
    new, old = ecs(B), standby()
    both = host(new, old, screens=(says(new), says(old)), holder=B)
    early = steps(both, held(new, SETTLED_MS - 1))
    assert isinstance(only(early, Wait), Wait)
    late = steps(both, held(new, SETTLED_MS))
    assert only(late, StopContainer) == StopContainer(
        S, "ECS's kiosk UI bbbbbbbbbbbb has the screen"
    )


def test_of_two_that_ecs_runs_the_newest_that_is_ready_has_it() -> None:
    old, new = ecs(A), ecs(B, ago=4_000, task=NEW)
    coming = host(old, new, screens=(says(old),), holder=A)
    assert isinstance(only(steps(coming), Wait), Wait)
    there = replace(coming, screens=(says(old), says(new)))
    assert only(steps(there), GiveScreen).screen_id == "b" * 12  # type: ignore[union-attr]


@pytest.mark.parametrize(("holder", "other"), [(A, B), (B, A)])
def test_of_two_that_are_as_new_whoever_has_it_keeps_it(holder: str, other: str) -> None:
    has, waits = ecs(holder, ago=0, task=NEW), ecs(other, ago=0)
    both = host(has, waits, screens=(says(has), says(waits)), holder=holder)
    assert isinstance(only(steps(both), Wait), Wait)


@pytest.mark.parametrize(
    "ill",
    [
        {"ago": REPORTS_MS + 1},
        {"lag_ms": STUCK_LAG_MS},
        {"stopping": True},
    ],
)
def test_one_that_is_not_ready_is_given_nothing(ill: dict[str, int]) -> None:
    new, old = ecs(B), standby()
    both = host(new, old, screens=(says(new, **ill), says(old)), holder=S)
    assert not any(isinstance(step, GiveScreen) for step in steps(both))


def test_one_that_hangs_with_the_screen_is_covered_and_then_ended() -> None:
    hung = ecs(A, health=Health.UNHEALTHY)
    alone = host(hung, screens=(says(hung, ago=REPORTS_MS + 1),), holder=A)
    assert isinstance(only(steps(alone), StartStandby), StartStandby)
    covering = standby(ago=2_000)
    both = host(hung, covering, screens=(says(hung, ago=REPORTS_MS + 1), says(covering)), holder=A)
    assert only(steps(both), GiveScreen).screen_id == S[:12]  # type: ignore[union-attr]
    given = replace(both, holder=S[:12])
    stop = only(steps(given), StopContainer)
    assert stop == StopContainer(
        A, "it does not get ready; ECS may start another in its place", hangs=True, fails=True
    )


def test_a_standby_that_hangs_is_ended_so_that_another_can_begin() -> None:
    hung = standby(health=Health.UNHEALTHY)
    alone = host(hung, screens=(says(hung, ago=REPORTS_MS + 1),), holder=S)
    stop = StopContainer(S, "the standby does not answer", hangs=True, fails=True)
    assert only(steps(alone), StopContainer) == stop
    # Whether it answers, only the agent could say.
    assert isinstance(only(steps(replace(alone, agent_away="it starts")), Wait), Wait)


def test_one_that_never_reports_is_ended_after_a_while_but_only_where_another_answers() -> None:
    covering = standby()
    for ago, ends in ((HUNG_MS - 1, False), (HUNG_MS, True)):
        mute = ecs(A, ago=ago)
        seen = host(mute, covering, screens=(says(covering),), holder=S)
        found = steps(seen)
        assert any(isinstance(step, StopContainer) for step in found) is ends
        silent = replace(seen, screens=(says(covering, ago=REPORTS_MS + 1),))
        assert not any(isinstance(step, StopContainer) for step in steps(silent))


def test_one_that_was_told_to_end_finishes_its_sale_and_somebody_is_ready_by_then() -> None:
    ending = ecs(A)
    alone = host(ending, screens=(says(ending, busy="a sale", stopping=True),), holder=A)
    assert isinstance(only(steps(alone), StartStandby), StartStandby)
    covering = standby(ago=2_000)
    screens = (says(ending, busy="a sale", stopping=True), says(covering))
    both = host(ending, covering, screens=screens, holder=A)
    assert "now: a sale" in only(steps(both), Wait).why


# The agent's start


def test_while_the_agent_waits_for_whoever_sold_the_screen_is_given_to_nobody_else() -> None:
    had, idle = standby(), ecs()
    seen = replace(host(had, idle, screens=(says(idle),)), awaited=had.screen_id)
    step = only(steps(seen), Wait)
    assert step.why.startswith("the agent has just started: the screen is kept for ")
    assert on_the_screen(seen, "") == had.container_id
    # One that runs no more, or can't be heard, is waited for by nobody; the agent is told so.
    gone = replace(host(ended(had), idle, screens=(says(idle),)), awaited=had.screen_id)
    given = [one for one in steps(gone) if isinstance(one, GiveScreen)]
    assert [(one.screen_id, one.ended) for one in given] == [(idle.screen_id, had.screen_id)]
    assert on_the_screen(gone, "") == idle.container_id
    late = replace(idle, since_ms=NOW - 1_000)
    cut_off = host(had, late, screens=(says(late),))
    cut_off = replace(cut_off, awaited=had.screen_id, sockets_since_ms=NOW - REPORTS_MS)
    given = [one for one in steps(cut_off) if isinstance(one, GiveScreen)]
    assert [(one.screen_id, one.ended) for one in given] == [(late.screen_id, had.screen_id)]
    # A list that was asked for before the agent answered may be older than whoever had it.
    old = replace(gone, listed_ms=0)
    given = [one for one in steps(old) if isinstance(one, GiveScreen)]
    assert [(one.screen_id, one.ended) for one in given] == [(idle.screen_id, "")]
    # Where nobody says who runs, nobody is known to have ended.
    unseen = replace(gone, docker_away="it took too long", containers=(had, idle))
    assert not any(isinstance(one, GiveScreen) for one in steps(unseen))
