"""One middleware turns every error on the agent's sockets into a problem body."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from aiohttp import web
from pydantic import BaseModel, ValidationError

from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE, ProblemCode, ProblemError
from kiosk_contracts.version import (
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    SUPPORTED_PROTOCOL_VERSIONS,
)

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ModelT = TypeVar("ModelT", bound=BaseModel)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors as `application/problem+json`, and state the protocol version."""
    try:
        _check_version(request)
        response = await handler(request)
    except Exception as error:  # noqa: BLE001  whatever it is, staff get words and nothing else
        response = _answer(request, error)
    # A stream has sent its headers already, with the version among them.
    if not response.prepared:
        response.headers[PROTOCOL_HEADER] = str(PROTOCOL_VERSION)
    return response


async def read_body(request: web.Request, model: type[ModelT]) -> ModelT:
    """Read a request's body; ProblemError `body_not_json`, `body_invalid`, `quantity_invalid`."""
    try:
        body = json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise ProblemError(
            400,
            ProblemCode.BODY_NOT_JSON,
            "The request is not JSON",
            detail="The body could not be read as JSON.",
            hint="This is a fault of the program that asked; nothing was changed.",
        ) from error
    return read_value(body, model)


def read_value(value: Any, model: type[ModelT], **more: Any) -> ModelT:
    """Read a JSON value as `model`; ProblemError naming the field that is wrong."""
    try:
        return model.model_validate({**value, **more} if isinstance(value, dict) else value)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        about_quantity = first["loc"][-1:] == ("quantity",)
        raise ProblemError(
            422,
            ProblemCode.QUANTITY_INVALID if about_quantity else ProblemCode.BODY_INVALID,
            "That quantity is not possible" if about_quantity else "The request is not right",
            detail=f"{field}: {first['msg']}" if field else first["msg"],
            hint="Correct it and try again; nothing was changed.",
            extra={"field": field},
        ) from error


def _check_version(request: web.Request) -> None:
    stated = request.headers.get(PROTOCOL_HEADER, str(PROTOCOL_VERSION))
    if stated not in {str(version) for version in SUPPORTED_PROTOCOL_VERSIONS}:
        known = ", ".join(str(version) for version in sorted(SUPPORTED_PROTOCOL_VERSIONS))
        raise ProblemError(
            400,
            ProblemCode.PROTOCOL_VERSION_UNSUPPORTED,
            "This protocol version is not spoken here",
            detail=f"The request states version {stated[:20]!r}; this agent speaks {known}.",
            hint="Update the kiosk's UI and agent to versions that fit each other.",
        )


def _as_problem(error: Exception) -> ProblemError:
    match error:
        case ProblemError():
            return error
        case web.HTTPRequestEntityTooLarge():
            return ProblemError(413, ProblemCode.BODY_TOO_LARGE, "The request is too large")
        case web.HTTPNotFound():
            return ProblemError(404, ProblemCode.NOT_FOUND, "There is nothing at this address")
        case web.HTTPMethodNotAllowed():
            title = f"{error.method} is not possible here"
            return ProblemError(405, ProblemCode.METHOD_NOT_ALLOWED, title)
        case web.HTTPException():
            return ProblemError(error.status, ProblemCode.BODY_INVALID, error.reason)
        case _:
            return ProblemError(
                500,
                ProblemCode.INTERNAL_ERROR,
                "The agent failed",
                detail="The failure is in its log.",
                hint="Try once more; if it fails again, tell your supervisor.",
                retryable=True,
            )


def _answer(request: web.Request, error: Exception) -> web.Response:
    refusal = _as_problem(error)
    problem = refusal.problem
    if problem.code == ProblemCode.INTERNAL_ERROR:
        log.error("request_failed", method=request.method, path=request.path, exc_info=error)
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
