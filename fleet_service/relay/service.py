"""Relaying: judged by the pure rules, counted, logged."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

import structlog

from fleet_service.metrics import Metrics
from fleet_service.relay.judging import Passed, answer_too_large, from_error, judge
from fleet_service.relay.ports import AnswerTooLargeError, Upstream, UpstreamError
from kiosk_contracts.problem import ProblemCode, ProblemError

log = structlog.get_logger()

_MOST_QUERY_FIELDS = 16
_SENDABLE = re.compile(r"[\x21-\x7e]+( [\x21-\x7e]+)*")


class Relay:
    """Takes a kiosk's request to the ticket API and brings the answer back."""

    def __init__(self, upstream: Upstream, metrics: Metrics) -> None:
        self._upstream = upstream
        self._metrics = metrics

    async def relay(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> Passed:
        """Return the ticket API's answer; raises ProblemError as `judging` says.

        `path` is one of the allow-listed, `query` as it came.
        """
        target = f"{path}?{_clean_query(query)}" if query else path
        sendable = {name: value for name, value in headers.items() if _SENDABLE.fullmatch(value)}
        try:
            passed = judge(await self._upstream.send(method, target, sendable, body))
        except UpstreamError as error:
            raise self._noted(from_error(error), str(error)) from error
        except AnswerTooLargeError as error:
            raise self._noted(answer_too_large(), "answer too large") from error
        except ProblemError as error:
            raise self._noted(error, error.problem.detail) from error
        self._metrics.relayed("answered")
        return passed

    def _noted(self, problem: ProblemError, reason: str) -> ProblemError:
        self._metrics.relayed(problem.code)
        log.warning("relay_failed", code=problem.code, reason=reason)
        return problem


def _clean_query(query: str) -> str:
    """Return the same fields, encoded in the one way that SigV4 and every server read alike."""
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_QUERY_FIELDS)
    except ValueError as error:
        raise ProblemError(
            400, ProblemCode.BODY_INVALID, "The query has too many fields"
        ) from error
    return urlencode(fields, quote_via=quote, safe="-_.~")
