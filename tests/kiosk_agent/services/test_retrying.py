"""What the far side does not answer is asked again: with full jitter, and as long as it takes."""

import asyncio
from pathlib import Path

import pytest
from tenacity import Future, RetryCallState

from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.services.retrying import JitteredWait, RetryRules
from tests.support.far_kit import kit_in

RULES = RetryRules(base_s=1, cap_s=8)


def _waits(attempt: int, error: BaseException, times: int = 400) -> list[float]:
    """Return how long is waited after the failed try of this number, many times over."""
    state = RetryCallState(None, None, (), {})  # type: ignore[arg-type]
    state.attempt_number = attempt
    state.outcome = Future(attempt)
    state.outcome.set_exception(error)
    wait = JitteredWait(RULES)
    return [wait(state) for _ in range(times)]


def _error(*, retryable: bool = True, retry_after_s: float | None = None) -> FleetError:
    return FleetError("line_down", "why", retryable=retryable, retry_after_s=retry_after_s)


@pytest.mark.parametrize(("attempt", "bound"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 8), (9999, 8)])
def test_waits_are_spread_from_nothing_to_a_bound_that_doubles(attempt: int, bound: float) -> None:
    waits = _waits(attempt, _error())
    assert 0 <= min(waits) < bound * 0.1
    assert bound * 0.9 < max(waits) <= bound


def test_a_time_that_is_named_is_a_floor_with_jitter_on_top() -> None:
    waits = _waits(4, _error(retry_after_s=20))
    assert 20 <= min(waits) < 21
    assert 27 < max(waits) <= 28


def test_a_time_of_ages_is_no_more_than_an_hour() -> None:
    assert max(_waits(1, _error(retry_after_s=10**9))) <= 3601
    assert min(_waits(1, _error(retry_after_s=10**9))) >= 3600


def test_what_can_not_succeed_as_it_is_waits_half_the_cap_at_least() -> None:
    waits = _waits(9, _error(retryable=False))
    assert 4 <= min(waits) < 4.4
    assert 7.6 < max(waits) <= 8


def test_only_an_error_of_the_line_is_waited_for() -> None:
    with pytest.raises(TypeError, match="only a FleetError"):
        _waits(1, ZeroDivisionError(), times=1)


class _Operation:
    """Fails with these errors in turn, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self._errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self._errors:
            raise self._errors.pop(0)
        return "answer"


async def test_a_refusal_shows_in_the_status_until_it_is_answered(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        operation = _Operation(
            FleetError("proof_refused", "who are you?", retryable=False), _error(), _error()
        )
        asked = kit.there.retrier.until_answered(operation, name="gate_feed")
        asking = asyncio.create_task(asked)
        await kit.clock.wait_for_sleepers()
        [warning] = kit.here.state.warnings()
        assert (warning.code, warning.hint != "") == ("proof_refused", True)
        assert warning.text == "The cloud refuses this kiosk (gate feed): who are you?"
        await kit.clock.advance_when_asleep(8)
        await kit.clock.wait_for_sleepers()
        assert kit.here.state.warnings() == (), "a line that is down is no refusal"
        await kit.clock.advance_when_asleep(8)
        await kit.clock.advance_when_asleep(8)
        assert await asking == "answer"
        assert operation.calls == 4


async def test_an_error_of_our_own_making_is_not_repeated(tmp_path: Path) -> None:
    async with kit_in(tmp_path) as kit:
        operation = _Operation(ZeroDivisionError())
        with pytest.raises(ZeroDivisionError):
            await kit.there.retrier.until_answered(operation, name="upload")
        assert operation.calls == 1
