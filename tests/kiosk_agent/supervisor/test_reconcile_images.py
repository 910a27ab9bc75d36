"""What the supervisor does about new images and such as crash, and why."""

from dataclasses import replace

import pytest

from kiosk_agent.supervisor.domain.host import (
    Health,
)
from kiosk_agent.supervisor.domain.memory import (
    CRASHES_MS,
    MOST_CRASHES,
    RAN_WELL_MS,
    REPORTS_MS,
    STUCK_LAG_MS,
    End,
    GoodTasks,
    Memory,
    remembered,
)
from kiosk_agent.supervisor.domain.steps import (
    GiveScreen,
    KeepTask,
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
    crashing,
    ecs,
    ended,
    held,
    host,
    only,
    says,
    standby,
    steps,
)

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


@pytest.mark.parametrize("is_seen_after_it_said_so", [False, True])
def test_one_of_ecs_s_that_ended_in_peace_is_no_crash_at_any_later_look(
    *, is_seen_after_it_said_so: bool
) -> None:
    one = ecs(A, task=NEW)
    memory = replace(held(one, RAN_WELL_MS), not_failed=frozenset())
    memory = remembered(memory, host(one, screens=(says(one),), holder=A), NOW)
    if is_seen_after_it_said_so:
        memory = remembered(memory, host(one), NOW + 100)
    for later_ms in (200, 300, REPORTS_MS + 10_000, REPORTS_MS + 20_000):
        # ECS keeps it for three hours.
        seen = host(replace(ended(one, status=0), since_ms=NOW + 200))
        memory = remembered(memory, seen, NOW + later_ms)
        assert memory.ended == {}
    # One that was not ready for long ended by itself.
    young = remembered(WATCHED, host(one, screens=(says(one),), holder=A), NOW)
    assert remembered(young, seen, NOW + 200).crashes(NEW.image_id, NOW + 200) == (NOW + 200,)


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
    assert remembered(later, host(), NOW + 2).not_failed == frozenset()


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
    # One that ends in peace is forgotten by the agent, and may run for a moment more.
    forgotten = replace(seen, screens=())
    heard_ms = NOW - 500
    just = remembered(first, forgotten, heard_ms + REPORTS_MS)
    assert just.ready_since == {A: NOW}
    assert remembered(just, forgotten, heard_ms + REPORTS_MS + 1).ready_since == {}
    late = replace(seen, screens=(says(one, lag_ms=STUCK_LAG_MS),))
    assert remembered(first, late, NOW + 3).ready_since == {}


# An image that crashes


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


def test_the_standby_stays_while_a_sale_goes_on_at_one_of_an_image_that_crashes() -> None:
    new, old = ecs(B, task=NEW), standby()
    seen = host(new, old, screens=(says(new, busy="a sale"), says(old)), holder=B)
    watched = replace(held(new, RAN_WELL_MS), answers_since=NOW - RAN_WELL_MS)
    waits = only(steps(seen, replace(watched, ended=crashing().ended)), Wait)
    assert waits.why == (  # type: ignore[union-attr]
        "the screen moves to the standby 555555555555 when nobody is busy; now: a sale"
    )
    # Of an image that is trusted it goes.
    assert any(isinstance(step, StopContainer) for step in steps(seen, watched))


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


@pytest.mark.parametrize(
    ("silence", "said"),
    [
        ({"ago": REPORTS_MS + 1}, "is silent"),
        ({"lag_ms": STUCK_LAG_MS}, "answers keys too late"),
        ({"stopping": True}, "was told to end"),
        (None, "is silent"),
    ],
)
def test_why_it_leaves_one_that_runs_is_in_the_why(
    silence: dict[str, int] | None, said: str
) -> None:
    one, old = ecs(B), standby()
    screens = (says(old), *(() if silence is None else (says(one, **silence),)))
    moves = [
        step
        for step in steps(host(one, old, screens=screens, holder=B))
        if isinstance(step, GiveScreen)
    ]
    [move] = moves
    assert move.why == f"the standby 555555555555 is ready, and ECS's kiosk UI bbbbbbbbbbbb {said}"


def test_while_the_standby_sells_alone_it_is_said_how_ecs_s_ended() -> None:
    gone, old = replace(ended(ecs(B)), out_of_memory=True), standby()
    seen = host(gone, old, screens=(says(old),), holder=S)
    assert only(steps(seen), Wait) == Wait(
        "the standby 555555555555 answers keys (ECS's ended: it ran out of memory)"
    )
    newer = ecs(A)
    seen = host(gone, newer, screens=(says(newer),), holder=A)
    assert only(steps(seen), Wait) == Wait("ECS's kiosk UI aaaaaaaaaaaa answers keys")


def test_how_the_one_ended_that_had_the_screen_is_in_the_why() -> None:
    gone, old = replace(ended(ecs(B)), out_of_memory=True), standby()
    seen = host(gone, old, screens=(says(old),), holder=B)
    assert only(steps(seen), GiveScreen) == GiveScreen(
        S[:12],
        "the standby 555555555555 is ready, and ECS's kiosk UI bbbbbbbbbbbb ended: "
        "it ran out of memory",
    )
