"""The one place where refusals and failures become `application/problem+json`."""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from aiohttp import web
from pydantic import ValidationError

from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE, ProblemCode, ProblemError
from kiosk_contracts.version import (
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    SUPPORTED_PROTOCOL_VERSIONS,
)
from kiosk_contracts.wire import NotCanonicalError
from kiosk_texts import tr

log = structlog.get_logger(__name__)

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_MOST_FIELDS: Final = 5
"""A body that is wrong all over is told so by its first few fields."""


@web.middleware
async def problem_middleware(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer every error with a problem body; what nobody foresaw is logged with its trace."""
    try:
        _check_protocol(request)
        return await handler(request)
    except ProblemError as error:
        return problem_response(error)
    except ValidationError as error:
        return problem_response(body_invalid(error))
    except NotCanonicalError as error:
        return problem_response(field_invalid("body", str(error)))
    except web.HTTPException as error:
        return problem_response(_of_http(error), dict(error.headers))
    except Exception:
        log.exception("request_failed", method=request.method, path=request.path)
        return problem_response(_unforeseen())


async def state_protocol(_request: web.Request, response: web.StreamResponse) -> None:
    """Put our protocol version on every answer: an `on_response_prepare` signal."""
    response.headers[PROTOCOL_HEADER] = str(PROTOCOL_VERSION)


def problem_response(error: ProblemError, headers: dict[str, str] | None = None) -> web.Response:
    """Return the problem as a response; of foreign headers only `Allow` is kept."""
    kept = {name: value for name, value in (headers or {}).items() if name == "Allow"}
    if error.retry_after_s is not None:
        kept["Retry-After"] = str(error.retry_after_s)
    return web.Response(
        status=error.problem.status,
        text=error.problem.model_dump_json(),
        content_type=PROBLEM_CONTENT_TYPE,
        headers=kept,
    )


def body_invalid(error: ValidationError) -> ProblemError:
    """Return the problem of a body that does not fit its model, naming the fields."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    places = [".".join(str(part) for part in one["loc"]) or "body" for one in found]
    said = [
        f"{place}: {one['msg'].removeprefix('Value error, ')}"
        for place, one in zip(places, found, strict=True)
    ]
    return field_invalid(places[0], "; ".join(said[:_MOST_FIELDS]))


def field_invalid(field: str, detail: str) -> ProblemError:
    """Return the problem of one wrong field."""
    return ProblemError(
        422,
        ProblemCode.BODY_INVALID,
        tr("The request is not right"),
        detail=detail,
        hint=tr("Mend {field} and send it again; nothing was changed.", field=field),
        extra={"field": field},
    )


def _check_protocol(request: web.Request) -> None:
    stated = request.headers.get(PROTOCOL_HEADER)
    known = {str(version) for version in SUPPORTED_PROTOCOL_VERSIONS}
    if stated is not None and stated.strip() not in known:
        raise ProblemError(
            400,
            ProblemCode.PROTOCOL_VERSION_UNSUPPORTED,
            tr("This agent speaks another protocol version"),
            detail=tr(
                "The request states version '{stated}'; the agent speaks {known}.",
                stated=stated[:20],
                known=", ".join(sorted(known)),
            ),
            hint=tr("Update the kiosk so that UI and agent fit together."),
        )


def _of_http(error: web.HTTPException) -> ProblemError:
    match error.status:
        case 404:
            code, title = ProblemCode.NOT_FOUND, tr("No such address")
        case 405:
            code, title = ProblemCode.METHOD_NOT_ALLOWED, tr("Not possible at this address")
        case 413:
            code, title = ProblemCode.BODY_TOO_LARGE, tr("The request is too large")
        case _:
            code, title = ProblemCode.INTERNAL_ERROR, tr("The request could not be handled")
    hint = tr("Check the address and the method; see docs/protocol.md.")
    if error.status == web.HTTPRequestEntityTooLarge.status_code:
        hint = tr("Send less at once; nothing was changed.")
    return ProblemError(error.status, code, title, detail=error.reason, hint=hint)


def _unforeseen() -> ProblemError:
    return ProblemError(
        500,
        ProblemCode.INTERNAL_ERROR,
        tr("Something went wrong in the kiosk"),
        detail=tr("The agent's log says what. Whether it was recorded, Transactions shows."),
        hint=tr("Look in Transactions, then try again; call support if it stays."),
        retryable=True,
    )
