"""Request bodies and queries, read into wire models or refused in words."""

import json
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import ValidationError

from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.wire import WireModel

_M = TypeVar("_M", bound=WireModel)
MAX_DEPTH: Final = 60
"""JSON nested deeper than this is refused: no model needs it, and reading it recurses."""


async def read_body(request: web.Request, model: type[_M]) -> _M:
    """Return the body as `model`.

    Raises ProblemError 400 `body_not_json`, 422 `body_invalid` (naming the field), and aiohttp's
    HTTPRequestEntityTooLarge.
    """
    raw = await request.read()
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ProblemError(
            400,
            ProblemCode.BODY_NOT_JSON,
            "The request is not JSON",
            detail=str(error)[:200],
            hint="Send one JSON value, in UTF-8.",
        ) from error
    if _deeper_than(value, MAX_DEPTH):
        raise invalid(f"it is nested deeper than {MAX_DEPTH} levels")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(describe(error)) from error


def describe(error: ValidationError) -> str:
    """Return the first faults of a body in words, each with its field."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False)[:3]:
        where = ".".join(str(part) for part in fault["loc"]) or "body"
        faults.append(f"{where}: {fault['msg']}")
    return "; ".join(faults)


def query_int(request: web.Request, name: str, *, default: int, low: int, high: int) -> int:
    """Return a whole number from the query; 422 `body_invalid` if it is none or out of bounds."""
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(high))):
        raise invalid(f"{name} is a whole number from {low} to {high}")
    number = int(text)
    if not low <= number <= high:
        raise invalid(f"{name} is from {low} to {high}")
    return number


def answer(model: WireModel, status: int = 200) -> web.Response:
    """Return a model as the JSON answer."""
    return web.json_response(model.to_json(), status=status)


def invalid(detail: str) -> ProblemError:
    """Return the refusal of a request that is not as agreed; `detail` names the field."""
    return ProblemError(
        422,
        ProblemCode.BODY_INVALID,
        "The request is not as agreed",
        detail=detail,
        hint="Correct what is named, and send it again.",
    )


def _deeper_than(value: Any, limit: int) -> bool:
    level: list[Any] = [value]
    for _ in range(limit):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return True
