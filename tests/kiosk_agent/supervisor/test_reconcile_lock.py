"""What the supervisor does while updates are locked, and why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.supervisor.domain.host import (
    Health,
    Source,
    UiContainer,
)
from kiosk_agent.supervisor.domain.memory import (
    MOST_CRASHES,
    REPORTS_MS,
    End,
    GoodTasks,
    Memory,
    Promise,
    is_ready,
    remembered,
)
from kiosk_agent.supervisor.domain.reconcile import KEEP_AGAIN_MS, reconcile
from kiosk_agent.supervisor.domain.steps import (
    GiveScreen,
    KeepPromise,
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
    held,
    host,
    only,
    says,
    standby,
    steps,
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


def test_the_image_of_a_lock_is_that_which_had_the_screen_when_it_began() -> None:
    old, new = ecs(A), ecs(B, task=NEW)
    alone = replace(host(old, screens=(says(old),), holder=A), update_lock=LOCKED)
    memory = remembered(WATCHED, alone, NOW)
    assert memory.promise == Promise(LOCKED, GOOD.image_id)
    gone = replace(host(new, screens=(says(new),), holder=B), update_lock=LOCKED)
    after = remembered(memory, gone, NOW)
    assert after.promise == memory.promise
    # An agent that is away says of no lock.
    away = replace(gone, update_lock="", agent_away="it restarts")
    assert remembered(after, away, NOW).promise == memory.promise
    assert remembered(after, replace(gone, update_lock=""), NOW).promise is None
    # One that comes in its place keeps the same.
    another = replace(gone, update_lock="no update until 2026-11-24 01:00, late doors (Mia)")
    longer = remembered(remembered(after, away, NOW), another, NOW)
    assert longer.promise == Promise(another.update_lock, GOOD.image_id)
    # One that was made after it keeps what has the screen when it is seen.
    begun = Memory(good=RAN, promise=memory.promise, not_failed=frozenset())
    assert remembered(begun, another, NOW).promise == Promise(another.update_lock, NEW.image_id)
    assert remembered(begun, replace(another, holder=""), NOW).promise == memory.promise


def test_what_a_lock_keeps_is_remembered_over_the_supervisors_restart_and_forgotten_after_it() -> (
    None
):
    old, new = ecs(A), ecs(B, task=NEW)
    alone = replace(host(old, screens=(says(old),), holder=A), update_lock=LOCKED)
    memory = remembered(WATCHED, alone, NOW)
    keep = only(list(reconcile(memory, alone, NOW)), KeepPromise)
    assert keep == KeepPromise(Promise(LOCKED, GOOD.image_id), f"it stays: {LOCKED}")
    # The supervisor begins anew, and the other image has the screen meanwhile.
    good = replace(RAN, promise=memory.promise)
    begun = Memory(good=good, promise=good.promise, not_failed=frozenset())
    after = remembered(begun, replace(alone, containers=(new,), holder=B[:12]), NOW)
    assert after.promise == memory.promise
    lifted = replace(alone, update_lock="")
    forget = only(list(reconcile(remembered(begun, lifted, NOW), lifted, NOW)), KeepPromise)
    assert forget == KeepPromise(None, "no update lock keeps an image any more")
    # While nobody can sell what ran well last begins.
    ran = replace(begun, good=replace(good, last=NEW, before=GOOD))
    none = replace(alone, containers=(), holder="")
    start = only(list(reconcile(remembered(ran, none, NOW), none, NOW)), StartStandby)
    assert start.task == NEW  # type: ignore[union-attr]


def test_a_disk_that_does_not_keep_what_a_lock_keeps_is_tried_again_later() -> None:
    old = ecs(A)
    alone = replace(host(old, screens=(says(old),), holder=A), update_lock=LOCKED)
    memory = remembered(WATCHED, alone, NOW)
    lately = replace(memory, not_kept_ms=NOW - KEEP_AGAIN_MS + 1)
    assert isinstance(only(list(reconcile(lately, alone, NOW)), Wait), Wait)
    before = replace(memory, not_kept_ms=NOW - KEEP_AGAIN_MS)
    assert isinstance(only(list(reconcile(before, alone, NOW)), KeepPromise), KeepPromise)


def test_what_a_lock_keeps_is_brought_back_where_it_ended_and_gets_the_screen_back() -> None:
    new = ecs(B, task=NEW)
    alone = replace(host(new, screens=(says(new),), holder=B), update_lock=LOCKED)
    promise = Promise(LOCKED, GOOD.image_id)
    kept = replace(held(new, 30_000), promise=promise, not_failed=frozenset())
    start = only(steps(alone, kept), StartStandby)
    assert start == StartStandby(GOOD, f"none of the image that stays runs: {LOCKED}")
    # The other one may have run well meanwhile.
    ran = replace(kept, good=GoodTasks(last=NEW, before=GOOD))
    assert only(steps(alone, ran), StartStandby) == start
    # Nothing could bring back what never ran well here.
    gone = replace(kept, promise=Promise(LOCKED, "sha256:x"))
    assert isinstance(only(steps(alone, gone), Wait), Wait)
    old = standby(ago=2_000)
    coming = replace(alone, containers=(new, old))
    assert not any(isinstance(one, StopContainer | GiveScreen) for one in steps(coming, kept))
    there = replace(coming, screens=(says(new), says(old)))
    assert only(steps(there, kept), GiveScreen) == GiveScreen(
        S[:12], f"the standby {S[:12]} is ready, of the image that stays: {LOCKED}"
    )
    busy = replace(there, screens=(says(new, busy="a sale"), says(old)))
    assert "now: a sale" in only(steps(busy, kept), Wait).why
    back = replace(there, holder=S[:12])
    assert isinstance(only(steps(back, kept), Wait), Wait)
    ends = {str(n): End(GOOD.image_id, NOW - n) for n in range(MOST_CRASHES)}
    crashes = replace(kept, ended=ends)
    assert not any(isinstance(one, GiveScreen | StartStandby) for one in steps(there, crashes))


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
    kept = by_id[holder].task.image_id if holder else ""
    moves = [step for step in steps(free) if isinstance(step, GiveScreen)]
    under_lock = [step for step in steps(locked) if isinstance(step, GiveScreen)]
    if any(is_ready(free, one) and one.task.image_id == kept for one in containers):
        assert all(by_id[step.screen_id].task.image_id == kept for step in under_lock)
        same = [step for step in moves if by_id[step.screen_id].task.image_id == kept]
        assert all(step in under_lock for step in same)
    else:
        assert under_lock == moves, "somebody has to be able to sell"
    others = [step for step in steps(free) if not isinstance(step, GiveScreen | Wait)]
    more = [step for step in steps(locked) if not isinstance(step, GiveScreen | Wait)]
    for step in others:
        more.remove(step)
    # What was promised is brought back, and only that.
    for step in more:
        if isinstance(step, StartStandby):
            assert step.task.image_id == kept
        else:
            assert isinstance(step, StopContainer)
            assert step.hangs
