"""What an answer from upstream means to the kiosk: pure rules, no I/O.

Problem bodies of the ticket API pass as they are. Whatever else comes (a load balancer, API
Gateway, a wrong address) becomes a problem that never makes a kiosk give a transaction up.
"""

import json
from dataclasses import dataclass

from pydantic import ValidationError

from fleet_service.relay.ports import UpstreamAnswer, UpstreamError
from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE, Problem, ProblemCode, ProblemError

_LONGEST_PAUSE_S = 3600
_SUCCESSES = frozenset({200, 201})
"""With which the ticket API says that it has done something. Whatever else is 2xx is of somebody
on the way, who took a request on, or has a part of an answer."""
_TRY_AGAIN = "Nothing to do: the kiosk tries again by itself."


@dataclass(frozen=True, slots=True)
class Passed:
    """An answer of the ticket API, to be passed on as it is."""

    status: int
    content_type: str
    retry_after: str | None
    body: bytes


def judge(answer: UpstreamAnswer) -> Passed:
    """Return what passes; raises ProblemError for what the ticket API would not say."""
    if answer.status in _SUCCESSES:
        if not _is_json(answer):
            raise _garbage("The ticket API's answer is not JSON.")
        return _passed(answer)
    if _is_problem(answer):
        return _passed(answer)
    match answer.status:
        case 413:
            raise ProblemError(
                413,
                ProblemCode.BODY_TOO_LARGE,
                "The request is too large",
                detail="It is larger than the way to the ticket API carries.",
                hint="Send fewer transactions at once.",
            )
        case 429 | 503:
            raise _busy("The ticket API is busy", "", _seconds(answer.retry_after))
        case 504:
            raise _timeout(may_have_happened=True)
        case status if status >= 500:  # noqa: PLR2004  the server's errors
            raise _failed(f"The way to the ticket API answers {status}.", may_have_happened=True)
        case status if status >= 400:  # noqa: PLR2004  the client's errors: here, ours
            raise _failed(f"The way to the ticket API answers {status}.", may_have_happened=False)
        case status:
            raise _garbage(f"The ticket API answers {status}, which it never does.")


def from_error(error: UpstreamError) -> ProblemError:
    """Return the problem for a request that got no answer."""
    if error.timed_out:
        return _timeout(may_have_happened=error.may_have_happened)
    return _failed("The ticket API gave no answer.", may_have_happened=error.may_have_happened)


def answer_too_large() -> ProblemError:
    """Return the problem for an answer above the limit."""
    return _garbage("The ticket API's answer is larger than any that it gives.")


def head_too_large() -> ProblemError:
    """Return the problem for request line and headers above what is carried."""
    return ProblemError(
        431,
        ProblemCode.BODY_INVALID,
        "The request's head is too large",
        detail="Its address and headers are larger than the way to the ticket API carries.",
        hint="Ask with a shorter query.",
    )


def left_in_peace(again_s: int) -> ProblemError:
    """Return the problem while the ticket API is not asked."""
    return _busy(
        "The ticket API does not answer",
        "It did not answer several times in a row, and is left in peace for a moment; "
        "nothing was asked.",
        again_s,
    )


def no_place(again_s: int) -> ProblemError:
    """Return the problem where too many ask at once."""
    return _busy(
        "The ticket API is busy",
        "As many kiosks ask it as may at once; nothing was asked.",
        again_s,
    )


def is_failure(status: int) -> bool:
    """Say whether a judged answer's status says that the ticket API, or the way there, fails."""
    return status >= 500  # noqa: PLR2004  the server's errors


def _busy(title: str, detail: str, again_s: int | None) -> ProblemError:
    return ProblemError(
        503,
        ProblemCode.UPSTREAM_BUSY,
        title,
        detail=detail,
        hint=_TRY_AGAIN,
        retryable=True,
        retry_after_s=again_s,
    )


def _passed(answer: UpstreamAnswer) -> Passed:
    retry_after = answer.retry_after
    if retry_after is not None and not retry_after.isprintable():
        retry_after = None
    return Passed(answer.status, answer.content_type, retry_after, answer.body)


def _is_json(answer: UpstreamAnswer) -> bool:
    if answer.content_type != "application/json" or answer.is_packed:
        return False
    try:
        json.loads(answer.body)
    except (ValueError, RecursionError):
        return False
    return True


def _is_problem(answer: UpstreamAnswer) -> bool:
    if answer.content_type != PROBLEM_CONTENT_TYPE or answer.is_packed:
        return False
    try:
        problem = Problem.model_validate_json(answer.body)
    except ValidationError:
        return False
    return problem.status == answer.status


def _seconds(retry_after: str | None) -> int | None:
    if retry_after is None or not (retry_after.isascii() and retry_after.isdigit()):
        return None
    return min(int(retry_after[:9]), _LONGEST_PAUSE_S)


def _failed(detail: str, *, may_have_happened: bool) -> ProblemError:
    return ProblemError(
        502,
        ProblemCode.UPSTREAM_FAILED,
        "The ticket API did not answer",
        detail=f"{detail} {_in_words(may_have_happened=may_have_happened)}",
        hint=_TRY_AGAIN,
        retryable=True,
    )


def _timeout(*, may_have_happened: bool) -> ProblemError:
    return ProblemError(
        504,
        ProblemCode.LINE_TIMEOUT,
        "The ticket API did not answer in time",
        detail=_in_words(may_have_happened=may_have_happened),
        hint=_TRY_AGAIN,
        retryable=True,
    )


def _in_words(*, may_have_happened: bool) -> str:
    # For people alone: a kiosk repeats either way, and all that it asks for is idempotent.
    return "It may have done what was asked." if may_have_happened else "It did nothing."


def _garbage(detail: str) -> ProblemError:
    return ProblemError(
        502,
        ProblemCode.UPSTREAM_GARBAGE,
        "The ticket API's answer could not be read",
        detail=f"{detail} {_in_words(may_have_happened=True)}",
        hint=_TRY_AGAIN,
        retryable=True,
    )
