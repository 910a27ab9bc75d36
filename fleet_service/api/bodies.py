"""Reading request bodies into wire models."""

import json
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import ValidationError

from fleet_service.api.problems import too_large
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.wire import WireModel

M = TypeVar("M", bound=WireModel)


STRANGERS: Final = 16 * 1024
"""Bytes of a body from somebody who is not known yet."""


async def read_model(request: web.Request, model: type[M], *, most: int | None = None) -> M:
    """Return the body as `model`; raises ProblemError 400, 413 or 422 that names the field.

    `most`: bytes, where fewer are taken than of other bodies.
    """
    return as_model(parse_json(await read_body(request, most=most)), model)


async def read_body(request: web.Request, *, most: int | None = None) -> bytes:
    """Return a body's bytes; raises ProblemError 413."""
    return await (request.read() if most is None else _bounded(request, most))


def as_model(raw: Any, model: type[M]) -> M:
    """Return JSON as `model`; raises ProblemError 422 that names the field."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise ProblemError(
            422,
            ProblemCode.BODY_INVALID,
            "The request does not fit",
            detail="; ".join(_fields(error)),
            hint="Mend the fields named and send it again.",
        ) from error


async def _bounded(request: web.Request, most: int) -> bytes:
    """Return a body of at most `most` bytes; raises ProblemError 413 before reading more."""
    if (request.content_length or 0) > most:
        raise too_large(most)
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > most:
            raise too_large(most)
    return bytes(body)


def parse_json(body: bytes) -> Any:
    """Return the JSON value; raises ProblemError 400 `body_not_json`."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProblemError(
            400,
            ProblemCode.BODY_NOT_JSON,
            "The request is not JSON",
            detail="The body could not be read as JSON in UTF-8.",
        ) from error


def _refuse_constant(name: str) -> Any:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _fields(error: ValidationError) -> list[str]:
    # Inputs stay out: a body may hold a secret.
    return [
        f"{'.'.join(str(part) for part in each['loc']) or 'body'}: {each['msg']}"
        for each in error.errors(include_input=False, include_url=False)[:10]
    ]
