"""The one retry policy towards the far side: full jitter, capped, Retry-After honoured."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_never
from tenacity.wait import wait_base, wait_random_exponential

from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.fleet import FleetError
from kiosk_agent.services.agent_state import AgentState
from kiosk_agent.services.line import LineMonitor
from kiosk_agent.waiting import first_of
from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.problem import ProblemCode
from kiosk_texts import tr, trc

T = TypeVar("T")
log = structlog.get_logger(__name__)
LONGEST_RETRY_AFTER_S: Final = 3600.0
"""A far side that names a longer time, by mistake or malice, is asked again after this one."""


@dataclass(frozen=True, slots=True)
class RetryRules:
    """How long to wait between tries, in seconds."""

    base_s: float
    """Upper bound of the first wait; each further bound is twice the one before."""
    cap_s: float
    """Upper bound of all of them."""


class TryLaterError(FleetError):
    """The far side answered, and asks for a retry of what was sent."""

    def __init__(self, code: str, detail: str, retry_after_s: float | None) -> None:
        super().__init__(code, detail, retryable=True, retry_after_s=retry_after_s)


class JitteredWait(wait_base):
    """Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").

    Retry-After is a floor with the jitter on top, so that kiosks told the same time do not come
    back at the same moment. What can't succeed as it is waits between half the cap and the cap.
    """

    def __init__(self, rules: RetryRules) -> None:
        self._cap_s = rules.cap_s
        self._jitter = wait_random_exponential(multiplier=rules.base_s, max=rules.cap_s)

    def __call__(self, retry_state: RetryCallState) -> float:
        """Return the seconds to wait after the failed try of `retry_state`."""
        error = _failure_of(retry_state)
        jitter = self._jitter(retry_state)
        if error.retry_after_s is not None:
            return min(error.retry_after_s, LONGEST_RETRY_AFTER_S) + jitter
        return jitter if error.retryable else (self._cap_s + jitter) / 2


def _failure_of(retry_state: RetryCallState) -> FleetError:
    error = retry_state.outcome.exception() if retry_state.outcome else None
    if not isinstance(error, FleetError):
        raise TypeError(f"only a FleetError is retried, not {error!r}")
    return error


class Retrier:
    """Repeats what the far side did not answer, and says in the status what can't succeed."""

    def __init__(
        self, rules: RetryRules, clock: Clock, line: LineMonitor, state: AgentState
    ) -> None:
        self._rules = rules
        self._clock = clock
        self._line = line
        self._state = state

    async def until_answered(self, operation: Callable[[], Awaitable[T]], *, name: str) -> T:
        """Repeat `operation` until it does not raise FleetError; other errors pass through."""
        last: list[FleetError] = []

        def before_sleep(tries: RetryCallState) -> None:
            last[:] = [_failure_of(tries)]
            self._tell(name, last[0], tries)

        async def sleep(seconds: float) -> None:
            await self._pause(seconds, last[0])

        async def attempt() -> T:
            return await operation()

        retrying = AsyncRetrying(
            sleep=sleep,
            stop=stop_never,
            wait=JitteredWait(self._rules),
            retry=retry_if_exception_type(FleetError),
            before_sleep=before_sleep,
            reraise=True,
        )
        answer: T = await retrying(attempt)
        self._state.clear(name)
        return answer

    async def _pause(self, seconds: float, error: FleetError) -> None:
        """Wait; shorter if the line comes back, unless the far side itself named a time."""
        if error.line_down and error.retry_after_s is None:
            returns = self._line.returns
            await first_of(self._clock.sleep(seconds), self._line.returned(returns))
        else:
            await self._clock.sleep(seconds)

    def _tell(self, name: str, error: FleetError, tries: RetryCallState) -> None:
        # The first failure is news; a long outage must not fill the disk with the others.
        level = logging.INFO if tries.attempt_number == 1 else logging.DEBUG
        log.log(
            level,
            "retry_planned",
            worker=name,
            code=error.code,
            detail=error.detail,
            attempt=tries.attempt_number,
            wait_s=round(tries.upcoming_sleep, 3),
        )
        if error.retryable or error.code == ProblemCode.KIOSK_RETIRED:
            # That the host is a kiosk no more is said once, for all.
            self._state.clear(name)
            return
        # Not the error itself: with it goes all that its frames hold.
        code, say = error.code, error.say
        self._state.report(name, lambda: _refused(name, code, say))


_ASKED: Final[Mapping[str, Callable[[], str]]] = {
    "session": lambda: trc("asked of the cloud", "session"),
    "upload": lambda: trc("asked of the cloud", "upload"),
    "stock": lambda: trc("asked of the cloud", "stock"),
    "reserve": lambda: trc("asked of the cloud", "reserve"),
    "journal": lambda: trc("asked of the cloud", "journal"),
    "catalogue": lambda: trc("asked of the cloud", "catalogue"),
    "keys": lambda: trc("asked of the cloud", "keys"),
    "roster": lambda: trc("asked of the cloud", "roster"),
    "gate_feed": lambda: trc("asked of the cloud", "gate feed"),
}
"""What the workers ask for, by the names that they give."""


def _refused(name: str, code: str, say: Callable[[], str]) -> StatusWarning:
    return StatusWarning(
        code=code,
        text=tr(
            "The cloud refuses this kiosk ({asked}): {why}",
            asked=_ASKED[name]() if name in _ASKED else name,
            why=say(),
        ),
        hint=tr("Sales go on and are kept. Tell the control room."),
    )
