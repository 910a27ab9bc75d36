"""Request ids, the protocol's version, body limit, access log and request metrics."""

import re
import secrets
import time
from itertools import count
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from fleet_service.api.problems import too_large
from fleet_service.metrics import METRICS
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.version import (
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    REQUEST_ID_HEADER,
    SUPPORTED_PROTOCOL_VERSIONS,
)

log = structlog.get_logger()

REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
SAYS_ALL: web.AppKey[bool] = web.AppKey("says_all", bool)
"""Whether the log tells of every request."""
_REFUSED: Final = 400
_NOT_SAID: Final = frozenset({"/v1/heartbeats"})
"""What is answered for each kiosk four times a minute: counted, and told only where it fails."""
_SPOKEN: Final = frozenset(map(str, SUPPORTED_PROTOCOL_VERSIONS))
_VERSION: Final = str(PROTOCOL_VERSION)
_OF_THIS_PROCESS: Final = secrets.token_hex(8)
_requests = count()
_GOOD_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


@web.middleware
async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, log it, count it, and state our version in the answer."""
    request_id = _request_id(request)
    request[REQUEST_ID] = request_id
    # Nothing takes it back: the next request on this connection binds its own, and nobody else
    # sees it, for each connection is a task.
    structlog.contextvars.bind_contextvars(request_id=request_id)
    started = time.monotonic()
    answer = await handler(request)
    took = time.monotonic() - started
    route = _route(request)
    request.app[METRICS].observe_request(request.method, route, answer.status, took)
    if route not in _NOT_SAID or answer.status >= _REFUSED or request.app.get(SAYS_ALL):
        log.info(
            "request_answered",
            method=request.method,
            route=route,
            status=answer.status,
            took_ms=round(took * 1000, 1),
        )
    answer.headers[PROTOCOL_HEADER] = _VERSION
    answer.headers[REQUEST_ID_HEADER] = request_id
    return answer


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what is no text, in a version that we do not speak, or says that it is too large."""
    _check_address(request)
    _check_version(request)
    if (request.content_length or 0) > request.client_max_size:
        raise too_large(request.client_max_size)
    return await handler(request)


def _request_id(request: web.Request) -> str:
    """Return the caller's id if it is fit to be logged, else a new one."""
    given = request.headers.get(REQUEST_ID_HEADER, "")
    return given if _GOOD_ID.fullmatch(given) else f"{_OF_THIS_PROCESS}{next(_requests):016x}"


def _route(request: web.Request) -> str:
    """Return the route's pattern, so that metrics have few labels and logs no stray paths."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _check_address(request: web.Request) -> None:
    """Refuse bytes that are no UTF-8: no store takes them, and nothing of ours is called so."""
    try:
        request.raw_path.encode()
    except UnicodeEncodeError:
        raise ProblemError(
            400,
            ProblemCode.BODY_INVALID,
            "The address is not text",
            detail="Its bytes are neither ASCII nor UTF-8.",
            hint="Write what is not ASCII with percent signs, as of UTF-8.",
        ) from None


def _check_version(request: web.Request) -> None:
    for stated in request.headers.getall(PROTOCOL_HEADER, ()):
        if stated not in _SPOKEN:
            spoken = ", ".join(str(version) for version in sorted(SUPPORTED_PROTOCOL_VERSIONS))
            raise ProblemError(
                400,
                ProblemCode.PROTOCOL_VERSION_UNSUPPORTED,
                "This protocol version is not spoken here",
                detail=f"The request states version {stated[:20]!r}; spoken: {spoken}.",
                hint="Update the kiosk's agent, or the fleet service, whichever is older.",
            )
