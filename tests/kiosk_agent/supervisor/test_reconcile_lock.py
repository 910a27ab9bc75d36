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
    REPORTS_MS,
    is_ready,
)
from kiosk_agent.supervisor.domain.steps import (
    GiveScreen,
    Wait,
)
from tests.support.seen_host import (
    GOOD,
    NEW,
    NOW,
    A,
    B,
    S,
    crashing,
    ecs,
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
