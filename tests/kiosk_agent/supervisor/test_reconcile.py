"""What the supervisor does in every state that it can see, and why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.supervisor.domain.host import (
    Health,
    Host,
    Screen,
    Source,
    UiContainer,
    UiTask,
)
from kiosk_agent.supervisor.domain.memory import (
    BACKOFF_MS,
    CRASHES_MS,
    MOST_CRASHES,
    RAN_WELL_MS,
    REPORTS_MS,
    STUCK_LAG_MS,
    End,
    GoodTasks,
    Memory,
    is_ready,
    remembered,
)
from kiosk_agent.supervisor.domain.reconcile import (
    COMES_UP_MS,
    HUNG_MS,
    SETTLED_MS,
    reconcile,
)
from kiosk_agent.supervisor.domain.steps import (
    GiveScreen,
    KeepTask,
    RemoveContainer,
    StartStandby,
    Step,
    StopContainer,
    Wait,
)

NOW = 10_000_000
GOOD = UiTask("sha256:good", "registry/kiosk@sha256:good")
NEW = UiTask("sha256:new", "registry/kiosk@sha256:new")
RAN = GoodTasks(last=GOOD)
WATCHED = Memory(good=RAN, answers_since=NOW - 600_000, ended_before=frozenset())
"""Of an agent that has answered for ten minutes, and of a Docker."""
A, B, S = "a" * 64, "b" * 64, "5" * 64


def ecs(
    name: str = A, *, ago: int = 300_000, task: UiTask = GOOD, health: Health = Health.HEALTHY
) -> UiContainer:
    return UiContainer(name, Source.ECS, task, running=True, health=health, since_ms=NOW - ago)


def standby(*, ago: int = 300_000, health: Health = Health.UNKNOWN) -> UiContainer:
    return UiContainer(S, Source.STANDBY, GOOD, running=True, health=health, since_ms=NOW - ago)


def ended(one: UiContainer, *, ago: int = 1_000, status: int = 1) -> UiContainer:
    return replace(one, running=False, exit_code=status, since_ms=NOW - ago)


def says(one: UiContainer, *, ago: int = 500, busy: str = "", **said: int | bool) -> Screen:
    return Screen(one.screen_id, bool(busy), busy, reported_ms_ago=ago, **said)  # type: ignore[arg-type]


def host(*containers: UiContainer, screens: tuple[Screen, ...] = (), holder: str = "") -> Host:
    return Host(containers=containers, screens=screens, holder=holder[:12])


def steps(seen: Host, memory: Memory | None = None, now: int = NOW) -> list[Step]:
    before = memory if memory is not None else WATCHED
    return list(reconcile(remembered(before, seen, now), seen, now))


def held(by: UiContainer, ago: int) -> Memory:
    """Remember that a screen was ready and held for so long."""
    return Memory(
        good=RAN,
        ready_since={by.container_id: NOW - ago},
        held_since=(by.screen_id, NOW - ago),
    )


def only(found: list[Step], kind: type[Step]) -> Step:
    [step] = found
    assert isinstance(step, kind), step
    return step


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
        A, "it does not get ready; ECS may start another in its place", hangs=True
    )


def test_a_standby_that_hangs_is_ended_so_that_another_can_begin() -> None:
    hung = standby(health=Health.UNHEALTHY)
    alone = host(hung, screens=(says(hung, ago=REPORTS_MS + 1),), holder=S)
    stop = StopContainer(S, "the standby does not answer", hangs=True)
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


# New images


def test_a_task_that_ran_well_is_remembered() -> None:
    one = ecs(A, task=NEW)
    seen = host(one, screens=(says(one),), holder=A)
    assert isinstance(only(steps(seen, held(one, RAN_WELL_MS - 1)), Wait), Wait)
    assert only(steps(seen, held(one, RAN_WELL_MS)), KeepTask).task == NEW  # type: ignore[union-attr]
    # It had the screen for long, and was ready for a part of that.
    late = replace(held(one, RAN_WELL_MS), ready_since={A: NOW - RAN_WELL_MS + 1})
    assert isinstance(only(steps(seen, late), Wait), Wait)
    part = replace(seen, containers=(replace(one, is_whole=False),))
    assert isinstance(only(steps(part, held(one, RAN_WELL_MS)), Wait), Wait)
    known = replace(held(one, RAN_WELL_MS), good=GoodTasks(NEW))
    assert isinstance(only(steps(seen, known), Wait), Wait)


def test_an_image_that_crashes_does_not_get_the_screen_while_another_is_ready() -> None:
    new, old = ecs(B, ago=3_000, task=NEW), standby()
    both = host(new, old, screens=(says(new), says(old)), holder=S)
    ends = {str(n): End("sha256:new", NOW - n) for n in range(MOST_CRASHES)}
    crashing = Memory(good=RAN, ended=ends)
    assert not any(isinstance(step, GiveScreen) for step in steps(both, crashing))
    few = replace(crashing, ended=dict(list(ends.items())[1:]))
    assert isinstance(only(steps(both, few), GiveScreen), GiveScreen)
    # Long ago is forgotten: an image is not bad for good.
    long_ago = {key: replace(one, at_ms=one.at_ms - CRASHES_MS) for key, one in ends.items()}
    forgotten = replace(crashing, ended=long_ago)
    assert isinstance(only(steps(both, forgotten), GiveScreen), GiveScreen)
    # Where nothing else is ready, it is better than nothing.
    alone = host(new, screens=(says(new),), holder="")
    covered, given = steps(alone, crashing)
    assert (type(covered), type(given)) == (StartStandby, GiveScreen)


def test_the_one_before_is_of_another_image() -> None:
    good = GoodTasks().and_now(GOOD)
    assert good == GoodTasks(GOOD)
    more = replace(GOOD, memory_bytes=1)
    assert good.and_now(more) == GoodTasks(more)
    assert good.and_now(NEW) == GoodTasks(NEW, GOOD)
    assert good.and_now(NEW).and_now(GOOD) == GoodTasks(GOOD, NEW)


def test_ends_are_counted_once_and_only_those_that_failed() -> None:
    seen = host(ended(ecs(A, task=NEW)), ended(ecs(B, task=NEW), status=0))
    once = remembered(WATCHED.and_told_to_end(B), seen, NOW)
    assert once.crashes("sha256:new", NOW) == (NOW - 1_000,)
    assert remembered(once, seen, NOW + 5).ended == once.ended
    assert remembered(once, host(), NOW + CRASHES_MS).ended == {}


def test_what_had_ended_before_the_first_look_is_no_crash() -> None:
    dead = [ended(ecs(f"{n:x}" * 64), ago=0, status=137) for n in range(7)]
    away = remembered(Memory(good=RAN), replace(host(*dead), docker_away="it starts"), NOW)
    first = remembered(away, host(*dead), NOW)
    assert first.ended == {}
    assert isinstance(only(steps(host(*dead), first), StartStandby), StartStandby)
    # One of them that runs again, and ends, does.
    again = replace(dead[0], since_ms=NOW + 1)
    later = remembered(first, host(again, *dead[1:]), NOW + 1)
    assert later.crashes(GOOD.image_id, NOW + 1) == (NOW + 1,)
    assert remembered(later, host(), NOW + 2).ended_before == frozenset()


def test_what_could_not_be_seen_is_not_forgotten() -> None:
    one = ecs(A)
    seen = host(one, screens=(says(one),), holder=A)
    first = remembered(Memory(), seen, NOW)
    assert first.ready_since == {A: NOW}
    assert first.held_since == (A[:12], NOW)
    away = replace(seen, agent_away="it restarts", screens=(), holder="")
    assert remembered(first, away, NOW + 1) == replace(first, answers_since=None)
    blind = replace(host(), docker_away="stopped")
    assert remembered(first, blind, NOW + 2) == first
    silent = replace(seen, screens=())
    assert remembered(first, silent, NOW + 3).ready_since == {}


# An image that crashes


def crashing(*, ago: int = 0, distrusted: bool = False, ends: int = MOST_CRASHES) -> Memory:
    found = {str(n): End(NEW.image_id, NOW - ago - n, NEW.image, "status 1") for n in range(ends)}
    images = frozenset({NEW.image_id}) if distrusted else frozenset[str]()
    return Memory(good=RAN, ended=found, distrusted=images)


def test_a_container_of_an_image_that_crashes_is_not_waited_for() -> None:
    new = ecs(B, ago=100, task=NEW, health=Health.STARTING)
    assert only(steps(host(new), crashing()), StartStandby) == StartStandby(
        GOOD, "the image that ECS runs ends again and again"
    )
    assert isinstance(only(steps(host(new), crashing(ends=2)), Wait), Wait)
    # Also where it answers: it is expected to end.
    there = host(new, screens=(says(new),), holder=B)
    assert isinstance(only(steps(there, crashing()), StartStandby), StartStandby)
    # Where no other image is known, it is waited for as any.
    alone = replace(crashing(), good=GoodTasks(NEW))
    assert isinstance(only(steps(host(new), alone), Wait), Wait)


def test_the_standby_stays_until_the_image_has_not_crashed_for_ten_minutes() -> None:
    new, old = ecs(B, ago=300_000, task=NEW), standby()
    both = host(new, old, screens=(says(new), says(old)), holder=S)
    for ago, trusted in ((CRASHES_MS - 1_000, False), (CRASHES_MS, True)):
        # One end alone, of an image that was known to crash before.
        found = steps(both, crashing(ago=ago, distrusted=True, ends=1))
        assert any(isinstance(step, GiveScreen) for step in found) is trusted


def test_the_same_container_that_ecs_starts_again_ends_each_time() -> None:
    memory = WATCHED
    for number in range(MOST_CRASHES):
        at = NOW + number * 61_000
        seen = host(replace(ended(ecs(A, task=NEW)), since_ms=at))
        memory = remembered(memory, seen, at)
    assert memory.is_crashing(NEW.image_id, at)


def test_a_task_whose_image_crashes_is_not_remembered_as_one_that_ran_well() -> None:
    one = ecs(A, task=NEW)
    seen = host(one, screens=(says(one),), holder=A)
    before = replace(held(one, RAN_WELL_MS), ended=crashing().ended)
    assert not any(isinstance(step, KeepTask) for step in steps(seen, before))


def test_where_the_last_good_one_fails_the_one_before_is_started() -> None:
    memory = replace(crashing(), good=GoodTasks(NEW, GOOD))
    assert only(steps(host(), memory), StartStandby) == StartStandby(
        GOOD, "no kiosk UI runs; the one before, for the last good one fails (status 1)"
    )
    # Both fail: then the last one, after its pause.
    both = {**memory.ended, **{f"g{n}": End(GOOD.image_id, NOW) for n in range(3)}}
    found = only(steps(host(), replace(memory, ended=both)), Wait)
    assert "the standby ended 3 times: again after 2 s" in found.why


def test_how_ecs_s_ended_is_in_the_why() -> None:
    gone = replace(ended(ecs(A, task=NEW), status=78), last_words="look: there is no look 'tiny'")
    assert only(steps(host(gone)), StartStandby).why == (
        "no kiosk UI runs (ECS's ended: status 78: look: there is no look 'tiny')"
    )


def test_while_docker_is_away_the_screen_leaves_one_that_is_silent_and_no_other() -> None:
    new, old = ecs(B), standby()
    both = replace(
        host(new, old, screens=(says(new), says(old)), holder=S), docker_away="it took too long"
    )
    assert isinstance(only(steps(both), Wait), Wait)
    silent = replace(both, screens=(says(new), says(old, ago=REPORTS_MS + 1)))
    assert only(steps(silent), GiveScreen).screen_id == B[:12]  # type: ignore[union-attr]


def test_how_the_one_ended_that_had_the_screen_is_in_the_why() -> None:
    gone, old = replace(ended(ecs(B)), out_of_memory=True), standby()
    seen = host(gone, old, screens=(says(old),), holder=B)
    assert only(steps(seen), GiveScreen) == GiveScreen(
        S[:12],
        "the standby 555555555555 is ready, and ECS's kiosk UI bbbbbbbbbbbb ended: "
        "it ran out of memory",
    )


# An update lock

LOCKED = "no update until 2026-11-23 22:30, doors (Mia)"


def test_while_updates_are_locked_the_screen_stays_with_its_image_and_it_is_said_why() -> None:
    old, new = ecs(A), ecs(B, ago=4_000, task=NEW)
    both = host(old, new, screens=(says(old), says(new)), holder=A)
    locked = replace(both, update_lock=LOCKED)
    assert only(steps(locked), Wait).why == (
        f"the screen stays with ECS's kiosk UI aaaaaaaaaaaa: {LOCKED}"
    )
    assert isinstance(only(steps(both), GiveScreen), GiveScreen)


def test_between_containers_of_one_image_the_screen_moves_under_a_lock() -> None:
    new, old = ecs(B, ago=5_000), standby()
    both = host(new, old, screens=(says(new), says(old)), holder=S)
    assert isinstance(only(steps(replace(both, update_lock=LOCKED)), GiveScreen), GiveScreen)


@pytest.mark.parametrize("ill", [{"ago": REPORTS_MS + 1}, {"stopping": True}])
def test_a_lock_keeps_nobody_from_selling(ill: dict[str, int]) -> None:
    old, new = ecs(A), ecs(B, ago=4_000, task=NEW)
    both = host(old, new, screens=(says(old, **ill), says(new)), holder=A)
    locked = replace(both, update_lock=LOCKED)
    assert any(isinstance(step, GiveScreen) for step in steps(locked))
    gone = replace(locked, containers=(new,), screens=(says(new),), holder="")
    assert isinstance(only(steps(gone), GiveScreen), GiveScreen)


def test_a_lock_keeps_the_screen_with_no_image_that_crashes() -> None:
    new, old = ecs(B, task=NEW), standby()
    both = host(new, old, screens=(says(new), says(old)), holder=B)
    locked = replace(both, update_lock=LOCKED)
    assert isinstance(only(steps(locked), Wait), Wait)
    assert only(steps(locked, crashing()), GiveScreen).screen_id == S[:12]  # type: ignore[union-attr]


_CONTAINERS = st.lists(
    st.builds(
        lambda name, of_ecs, new, ago, health: UiContainer(
            name * 64,
            Source.ECS if of_ecs else Source.STANDBY,
            NEW if new else GOOD,
            running=True,
            health=health,
            since_ms=NOW - ago,
        ),
        st.sampled_from("abc5"),
        st.booleans(),
        st.booleans(),
        st.integers(0, 400_000),
        st.sampled_from(Health),
    ),
    unique_by=lambda one: one.container_id,
    max_size=4,
)


@given(_CONTAINERS, st.data())
def test_under_a_lock_no_other_image_gets_the_screen_of_one_that_answers(
    containers: list[UiContainer], data: st.DataObject
) -> None:
    screens = tuple(
        says(
            one,
            ago=data.draw(st.sampled_from([500, REPORTS_MS + 1])),
            busy=data.draw(st.sampled_from(["", "a sale"])),
            stopping=data.draw(st.booleans()),
        )
        for one in containers
    )
    holder = data.draw(st.sampled_from(["", *(one.screen_id for one in containers)]))
    free = host(*containers, screens=screens, holder=holder)
    locked = replace(free, update_lock=LOCKED)
    by_id = {one.screen_id: one for one in containers}
    answers = by_id.get(holder)
    answers = answers if answers is not None and is_ready(free, answers) else None
    moves = [step for step in steps(free) if isinstance(step, GiveScreen)]
    elsewhere = [
        step
        for step in moves
        if answers and by_id[step.screen_id].task.image_id != answers.task.image_id
    ]
    under_lock = [step for step in steps(locked) if isinstance(step, GiveScreen)]
    assert under_lock == [step for step in moves if step not in elsewhere]
    others = [step for step in steps(free) if not isinstance(step, GiveScreen | Wait)]
    assert [step for step in steps(locked) if not isinstance(step, GiveScreen | Wait)] == others
