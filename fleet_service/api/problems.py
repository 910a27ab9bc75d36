"""The one place where errors become problem bodies."""

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from cloud_store.port import StoreError, TooLargeError
from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE, ProblemCode, ProblemError

log = structlog.get_logger()


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals and unexpected errors into `application/problem+json`."""
    try:
        return await handler(request)
    except ProblemError as error:
        return problem_response(error)
    except (StoreError, TooLargeError) as error:
        return problem_response(_not_kept(error))
    except web.RequestPayloadError as error:
        return problem_response(_undecodable(error))
    except web.HTTPException as error:
        return problem_response(_from_http(error, request), _allow(error))
    except Exception:
        log.exception("request_failed", method=request.method, path=request.path)
        return problem_response(
            ProblemError(
                500,
                ProblemCode.INTERNAL_ERROR,
                "The fleet service failed",
                detail="The error is in its log under this request's id.",
                retryable=True,
            )
        )


def problem_response(
    error: ProblemError, headers: dict[str, str] | None = None
) -> web.StreamResponse:
    """Return the answer for a refusal, with Retry-After where a time is known."""
    headers = dict(headers or {})
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    return web.Response(
        status=error.problem.status,
        body=error.problem.model_dump_json().encode(),
        content_type=PROBLEM_CONTENT_TYPE,
        headers=headers,
    )


def too_large(limit: int) -> ProblemError:
    """Return the refusal of a body above `limit` bytes."""
    return ProblemError(
        413,
        ProblemCode.BODY_TOO_LARGE,
        "The request is too large",
        detail=f"A body may have {limit} bytes.",
        hint="Send fewer transactions at once.",
    )


def _not_kept(error: StoreError | TooLargeError) -> ProblemError:
    if isinstance(error, TooLargeError):
        return ProblemError(
            413,
            ProblemCode.BODY_TOO_LARGE,
            "The request is more than can be kept together",
            detail=f"{error}.",
            hint="Nothing was changed. Send it in smaller parts.",
        )
    return ProblemError(
        503,
        ProblemCode.UPSTREAM_BUSY,
        "The fleet service's store does not answer",
        detail=f"{error}.",
        hint="It is not known whether anything was changed; the same may be sent again.",
        retryable=True,
        retry_after_s=5,
    )


def _undecodable(error: web.RequestPayloadError) -> ProblemError:
    return ProblemError(
        400,
        ProblemCode.BODY_NOT_JSON,
        "The request is not JSON",
        detail=f"The body cannot be decoded: {error}.",
        hint="Send JSON in UTF-8, without a content encoding.",
    )


def _from_http(error: web.HTTPException, request: web.Request) -> ProblemError:
    match error.status:
        case 404:
            return ProblemError(404, ProblemCode.NOT_FOUND, "There is nothing at this address")
        case 405:
            return ProblemError(
                405,
                ProblemCode.METHOD_NOT_ALLOWED,
                "This address does not do that",
                detail=f"It takes {', '.join(sorted(_allowed(error)))}.",
            )
        case 413:
            return too_large(request.client_max_size)
        case status if status < 500:  # noqa: PLR2004  the client's errors
            return ProblemError(status, ProblemCode.BODY_INVALID, error.reason or "Refused")
        case status:
            return ProblemError(
                status, ProblemCode.INTERNAL_ERROR, error.reason or "Failed", retryable=True
            )


def _allowed(error: web.HTTPException) -> set[str]:
    return error.allowed_methods if isinstance(error, web.HTTPMethodNotAllowed) else set()


def _allow(error: web.HTTPException) -> dict[str, str]:
    allowed = _allowed(error)
    return {"Allow": ", ".join(sorted(allowed))} if allowed else {}
