"""AWS is asked at a bounded rate, and left alone after it said that it was too fast."""

import asyncio

import pytest

from fleet_service.instances.pacing import Pace
from tests.support.fleet import FakeFleetClock


@pytest.fixture
def clock() -> FakeFleetClock:
    return FakeFleetClock()


def test_a_burst_has_no_wait_and_the_rest_is_even(clock: FakeFleetClock) -> None:
    pace = Pace(clock, per_second=5, burst=3)
    waits = [pace.take() for _ in range(6)]
    assert waits == pytest.approx([0, 0, 0, 0.2, 0.4, 0.6])


def test_what_was_not_used_is_saved_up_to_the_burst(clock: FakeFleetClock) -> None:
    pace = Pace(clock, per_second=5, burst=3)
    for _ in range(3):
        pace.take()
    clock.advance(0.4)
    assert [pace.take() for _ in range(3)] == pytest.approx([0, 0, 0.2])
    clock.advance(3600)
    assert [pace.take() for _ in range(4)] == pytest.approx([0, 0, 0, 0.2])


def test_nobody_has_a_turn_while_it_rests(clock: FakeFleetClock) -> None:
    pace = Pace(clock, per_second=5, burst=3)
    pace.rest(10)
    assert pace.take() == pytest.approx(10.2)
    pace.rest(1)
    clock.advance(5)
    assert pace.take() == pytest.approx(5.6), "a shorter rest does not end a longer one"


def test_a_sweep_of_a_full_cluster_stays_within_ecs_rates(clock: FakeFleetClock) -> None:
    # 5,000 hosts: 50 pages, each listed and described, at 20 a second at most in the long run.
    pace = Pace(clock, per_second=5, burst=10)
    waits = [pace.take() for _ in range(100)]
    assert waits[-1] == pytest.approx(18)
    assert waits[-1] < 60


def test_a_turn_that_is_given_back_is_the_next_ones(clock: FakeFleetClock) -> None:
    pace = Pace(clock, per_second=5, burst=1)
    assert [pace.take(), pace.take()] == pytest.approx([0, 0.2])
    pace.give_back()
    assert pace.take() == pytest.approx(0.2)
    for _ in range(9):
        pace.give_back()
    assert [pace.take(), pace.take()] == pytest.approx([0, 0.2]), "no more than the burst is saved"


async def test_who_gives_up_while_it_waits_takes_no_turn(clock: FakeFleetClock) -> None:
    pace = Pace(clock, per_second=0.001, burst=1)
    await pace.turn()
    for _ in range(20):
        waits = asyncio.create_task(pace.turn())
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
    assert pace.take() == pytest.approx(1000), "as if nobody had waited"
