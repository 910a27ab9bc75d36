"""One middleware turns every error into a problem body; nothing else answers with an error."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from cloud_store.port import ConditionFailedError, StoreError, TooLargeError
from core_services.ticket_api.keys.service import KeyFolderError
from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE, ProblemCode, ProblemError
from kiosk_contracts.version import (
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    REQUEST_ID_HEADER,
    SUPPORTED_PROTOCOL_VERSIONS,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

REQUEST_TIMEOUT_S = web.AppKey("request_timeout_s", float)
_BUSY_RETRY_AFTER_S = 2
_COMPARE = "Compare address and program version with docs/protocol.md."
_log = structlog.get_logger(__name__)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors as `application/problem+json`; state the protocol version on every answer."""
    try:
        async with asyncio.timeout(request.app[REQUEST_TIMEOUT_S]):
            _check_version(request)
            response = await handler(request)
    except Exception as error:  # noqa: BLE001  whatever it is, the kiosk gets a problem body
        response = _answer(request, error)
    response.headers[PROTOCOL_HEADER] = str(PROTOCOL_VERSION)
    if request_id := request.headers.get(REQUEST_ID_HEADER):
        response.headers[REQUEST_ID_HEADER] = request_id
    return response


def as_problem(error: Exception) -> ProblemError:
    """Return the refusal that stands for `error`; an error that is unknown is our own failure."""
    if isinstance(error, ProblemError):
        return error
    if why := _why_busy(error):
        return _busy(why)
    match error:
        case web.RequestPayloadError():
            return ProblemError(
                400,
                ProblemCode.BODY_NOT_JSON,
                "The request is not JSON",
                detail=f"the body cannot be decoded: {error}",
                hint="Send one JSON value, in UTF-8, without a content encoding.",
            )
        case TooLargeError():
            return ProblemError(
                413,
                ProblemCode.BODY_TOO_LARGE,
                "The request is more than can be kept together",
                detail=str(error),
                hint="Send fewer transactions at once.",
            )
        case web.HTTPException(status=status) if status < web.HTTPInternalServerError.status_code:
            return _of_the_request(error)
        case _:
            return ProblemError(
                500,
                ProblemCode.INTERNAL_ERROR,
                "The ticket API failed",
                hint="The failure is in its log; trying again later may help.",
                retryable=True,
            )


def _why_busy(error: Exception) -> str:
    """Say what keeps us from serving for now; empty if `error` is something else."""
    match error:
        case StoreError():
            return str(error)
        case KeyFolderError():
            return "its signing keys cannot be read; its log says which file, and why"
        case ConditionFailedError():
            return "others were changing the same places at the same time"
        case TimeoutError():
            return "the request took too long"
        case _:
            return ""


def _of_the_request(error: web.HTTPException) -> ProblemError:
    match error:
        case web.HTTPRequestEntityTooLarge():
            return ProblemError(
                413,
                ProblemCode.BODY_TOO_LARGE,
                "The request is too large",
                detail=error.text or "",
                hint="Send fewer transactions at once.",
            )
        case web.HTTPNotFound():
            return ProblemError(
                404,
                ProblemCode.NOT_FOUND,
                "There is nothing at this address",
                detail="no route has this path",
                hint=_COMPARE,
            )
        case web.HTTPMethodNotAllowed():
            return ProblemError(
                405,
                ProblemCode.METHOD_NOT_ALLOWED,
                f"{error.method} is not possible here",
                detail=f"possible: {', '.join(sorted(error.allowed_methods))}",
                hint=_COMPARE,
            )
        case _:
            return ProblemError(
                error.status, ProblemCode.BODY_INVALID, error.reason, detail=error.text or ""
            )


def _busy(detail: str) -> ProblemError:
    return ProblemError(
        503,
        ProblemCode.UPSTREAM_BUSY,
        "The ticket API is busy",
        detail=detail,
        hint="Try again in a moment; nothing is lost.",
        retryable=True,
        retry_after_s=_BUSY_RETRY_AFTER_S,
    )


def _answer(request: web.Request, error: Exception) -> web.Response:
    refusal = as_problem(error)
    problem = refusal.problem
    if problem.status >= web.HTTPInternalServerError.status_code:
        _log.error("request_failed", path=request.path, code=problem.code, exc_info=error)
    headers = {}
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    if isinstance(error, web.HTTPMethodNotAllowed):
        headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    return web.json_response(
        problem.to_json(),
        status=problem.status,
        headers=headers,
        content_type=PROBLEM_CONTENT_TYPE,
    )


def _check_version(request: web.Request) -> None:
    stated = request.headers.get(PROTOCOL_HEADER, str(PROTOCOL_VERSION))
    if stated not in {str(version) for version in SUPPORTED_PROTOCOL_VERSIONS}:
        known = ", ".join(str(version) for version in sorted(SUPPORTED_PROTOCOL_VERSIONS))
        raise ProblemError(
            400,
            ProblemCode.PROTOCOL_VERSION_UNSUPPORTED,
            "This protocol version is not spoken here",
            detail=f"the request states version {stated[:20]!r}; this server speaks {known}",
            hint="Update the kiosk's software.",
        )
