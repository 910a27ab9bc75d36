"""The circuit breaker: after failures in a row nobody asks for a while, then one tries."""

import pytest

from fleet_service.relay.breaker import Breaker, Circuit, CircuitOpenError, Pass


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(seconds: Seconds) -> Breaker:
    return Breaker(seconds, failures=3, open_s=10)


def fail(breaker: Breaker, *askers: str) -> list[bool]:
    return [breaker.failed(breaker.enter(asker)) for asker in askers]


def opened(breaker: Breaker) -> Breaker:
    assert fail(breaker, "a", "b", "a") == [False, False, True]
    return breaker


def test_it_opens_after_so_many_failures_in_a_row(breaker: Breaker) -> None:
    assert fail(breaker, "a", "b") == [False, False]
    assert breaker.circuit is Circuit.CLOSED
    assert fail(breaker, "c") == [True]
    assert (breaker.circuit, breaker.opened) == (Circuit.OPEN, 1)


def test_an_answer_in_between_begins_the_row_anew(breaker: Breaker) -> None:
    fail(breaker, "a", "b")
    breaker.went_well(breaker.enter("c"))
    assert fail(breaker, "a", "b") == [False, False]
    assert fail(breaker, "a") == [True]


def test_one_kiosk_alone_shuts_nobody_out(breaker: Breaker) -> None:
    assert not any(fail(breaker, *["a"] * 20))
    assert breaker.circuit is Circuit.CLOSED
    assert fail(breaker, "b") == [True]


def test_while_it_is_open_nobody_asks_and_everybody_hears_for_how_long(
    breaker: Breaker, seconds: Seconds
) -> None:
    opened(breaker)
    seconds.now += 4
    for ask in (breaker.look, lambda: breaker.enter("c")):
        with pytest.raises(CircuitOpenError) as refused:
            ask()
        assert refused.value.again_s == 6


def test_then_one_tries_and_only_one(breaker: Breaker, seconds: Seconds) -> None:
    opened(breaker)
    seconds.now += 10
    assert breaker.circuit is Circuit.HALF_OPEN
    breaker.look()
    trying = breaker.enter("c")
    for ask in (breaker.look, lambda: breaker.enter("d")):
        with pytest.raises(CircuitOpenError) as refused:
            ask()
        assert refused.value.again_s == 10
    breaker.went_well(trying)
    assert breaker.circuit is Circuit.CLOSED
    breaker.enter("d")
    assert breaker.opened == 1


def test_a_try_that_fails_opens_it_again_at_once(breaker: Breaker, seconds: Seconds) -> None:
    opened(breaker)
    seconds.now += 12
    assert fail(breaker, "c") == [True]
    assert breaker.circuit is Circuit.OPEN
    seconds.now += 9.9
    with pytest.raises(CircuitOpenError):
        breaker.look()
    seconds.now += 0.1
    breaker.went_well(breaker.enter("c"))
    assert breaker.opened == 1, "it is one outage"
    assert fail(breaker, "a", "b") == [False, False], "the row begins anew"


def test_a_try_of_which_nobody_knows_what_came_lets_another_try(
    breaker: Breaker, seconds: Seconds
) -> None:
    opened(breaker)
    seconds.now += 10
    breaker.went_away(breaker.enter("c"))
    assert breaker.circuit is Circuit.HALF_OPEN
    breaker.went_well(breaker.enter("d"))
    assert breaker.circuit is Circuit.CLOSED


def test_what_was_asked_before_a_change_says_nothing_of_now(
    breaker: Breaker, seconds: Seconds
) -> None:
    early: list[Pass] = [breaker.enter(asker) for asker in "defg"]
    opened(breaker)
    breaker.went_well(early[0])
    assert breaker.circuit is Circuit.OPEN
    seconds.now += 10
    trying = breaker.enter("c")
    assert not breaker.failed(early[1])
    breaker.went_away(early[2])
    with pytest.raises(CircuitOpenError):
        breaker.look()
    breaker.went_well(trying)
    fail(breaker, "a", "b")
    assert not breaker.failed(early[3])
    assert breaker.circuit is Circuit.CLOSED


def test_who_only_passes_by_takes_no_trial_and_says_nothing(
    breaker: Breaker, seconds: Seconds
) -> None:
    for _ in range(9):
        assert not breaker.failed(breaker.pass_by())
    assert breaker.circuit is Circuit.CLOSED
    opened(breaker)
    seconds.now += 10
    assert breaker.circuit is Circuit.HALF_OPEN
    with pytest.raises(CircuitOpenError):
        breaker.pass_by()
    trial = breaker.enter("a")
    breaker.went_well(trial)
    breaker.went_well(breaker.pass_by())
