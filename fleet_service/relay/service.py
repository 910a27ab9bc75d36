"""Relaying: each kiosk in its turn, judged by the pure rules, counted, logged."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

import structlog

from fleet_service.clock import Clock
from fleet_service.metrics import Metrics
from fleet_service.places import NoPlaceError, PlaceRules, Places, Turn
from fleet_service.relay.breaker import Breaker, CircuitOpenError, Pass
from fleet_service.relay.holding import Holding
from fleet_service.relay.judging import (
    Passed,
    answer_too_large,
    from_error,
    head_too_large,
    is_failure,
    judge,
    left_in_peace,
    no_place,
)
from fleet_service.relay.ports import (
    AnswerTooLargeError,
    HeadTooLargeError,
    Upstream,
    UpstreamError,
)
from kiosk_contracts.problem import ProblemCode, ProblemError

log = structlog.get_logger()

_MOST_QUERY_FIELDS = 16
_SENDABLE = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*")


@dataclass(frozen=True, slots=True)
class RelayRules:
    """What is allowed at once, and when the ticket API is left in peace."""

    places: PlaceRules
    held_bytes: int
    failures: int
    open_s: float
    slow_s: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What a kiosk asks of the ticket API."""

    method: str
    target: str
    """Of `target_of`."""
    headers: Mapping[str, str]
    body: bytes
    is_gone: Callable[[], bool] = lambda: False
    """Whether nobody waits for the answer any more; looked at until it is asked."""
    is_a_kiosk_s: bool = True
    """Whether it says how the ticket API is for kiosks: what operators search for is slow in ways
    of its own, and must neither leave it in peace nor take a kiosk's trial."""


class Relay:
    """Takes kiosks' requests to the ticket API and brings the answers back.

    `spread` returns a random number from 0 to 1: those who are told to come again do not come at
    the same moment.
    """

    def __init__(
        self,
        upstream: Upstream,
        metrics: Metrics,
        clock: Clock,
        rules: RelayRules,
        spread: Callable[[], float],
    ) -> None:
        self._upstream = upstream
        self._metrics = metrics
        self._clock = clock
        self._rules = rules
        self._spread = spread
        self.holding = Holding(rules.held_bytes)
        self.places = Places(rules.places, clock.monotonic)
        self.breaker = Breaker(clock.monotonic, failures=rules.failures, open_s=rules.open_s)

    async def relay(self, kiosk_id: str, asked: Asked) -> Passed:
        """Return the ticket API's answer; raises ProblemError as `judging` says.

        Nothing is answered in its place, and nothing is asked twice.
        """
        try:
            # Before there is a place, too: nobody waits to hear it.
            self.breaker.look()
            async with self.places.place(kiosk_id, is_gone=asked.is_gone) as turn:
                passed = await self._at_its_turn(kiosk_id, turn, asked)
        except CircuitOpenError as error:
            again_s = self._later(error.again_s)
            self.places.keep(kiosk_id, again_s)
            raise self._noted(left_in_peace(again_s), str(error)) from error
        except NoPlaceError as error:
            raise self._noted(no_place(error.again_s), str(error)) from error
        except UpstreamError as error:
            raise self._noted(from_error(error), str(error)) from error
        except AnswerTooLargeError as error:
            raise self._noted(answer_too_large(), "answer too large") from error
        except HeadTooLargeError as error:
            raise self._noted(head_too_large(), str(error)) from error
        except ProblemError as error:
            raise self._noted(error, error.problem.detail) from error
        self._metrics.relayed("answered")
        return passed

    async def _at_its_turn(self, kiosk_id: str, turn: Turn, asked: Asked) -> Passed:
        """Ask, if anybody may; a turn in which nobody was asked says nothing of the pace."""
        try:
            leave = self.breaker.enter(kiosk_id) if asked.is_a_kiosk_s else self.breaker.pass_by()
            return await self._ask(leave, asked)
        except CircuitOpenError as error:
            turn.is_missed(error.again_s)
            raise
        except HeadTooLargeError:
            turn.came_to_nothing()
            raise

    async def _ask(self, leave: Pass, asked: Asked) -> Passed:
        """Ask, and tell the breaker what came of it."""
        began = self._clock.monotonic()
        try:
            headers = {name: value for name, value in asked.headers.items() if _is_sendable(value)}
            passed = judge(
                await self._upstream.send(asked.method, asked.target, headers, asked.body)
            )
        except (UpstreamError, AnswerTooLargeError) as error:
            self._failed(leave, type(error).__name__)
            raise
        except ProblemError as error:
            self._tell(leave, error.problem.status, began)
            raise
        except BaseException:
            self.breaker.went_away(leave)
            raise
        self._tell(leave, passed.status, began)
        return passed

    def _tell(self, leave: Pass, status: int, began: float) -> None:
        took_s = self._clock.monotonic() - began
        if is_failure(status):
            self._failed(leave, f"status {status}")
        elif took_s >= self._rules.slow_s:
            self._failed(leave, f"took {took_s:.1f} s")
        else:
            self.breaker.went_well(leave)

    def _failed(self, leave: Pass, why: str) -> None:
        if self.breaker.failed(leave):
            log.warning("circuit_opened", why=why, for_s=self._rules.open_s)

    def _later(self, seconds: float) -> int:
        """Return whole seconds, twice as many at most, so that not all come at once."""
        return max(1, round(seconds + self._spread() * seconds))

    def _noted(self, problem: ProblemError, reason: str) -> ProblemError:
        self._metrics.relayed(problem.code)
        log.warning("relay_failed", code=problem.code, reason=reason)
        return problem


def _is_sendable(value: str) -> bool:
    return _SENDABLE.fullmatch(value) is not None


def target_of(path: str, query: str) -> str:
    """Return path, one of the allow-listed, and query, whatever came, as they go on.

    Fields are encoded in the one way that SigV4 and every server read alike. Raises ProblemError
    400 where they are too many.
    """
    if not query:
        return path
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_QUERY_FIELDS)
    except ValueError as error:
        raise ProblemError(
            400, ProblemCode.BODY_INVALID, "The query has too many fields"
        ) from error
    return f"{path}?{urlencode(fields, quote_via=quote, safe='-_.~')}"
