"""Reading request bodies into wire models."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import ValidationError

from fleet_service.api.problems import too_large
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.wire import WireModel

M = TypeVar("M", bound=WireModel)


STRANGERS: Final = 16 * 1024
"""Bytes of a body from somebody who is not known yet."""
BODY_PATIENCE_S: web.AppKey[float] = web.AppKey("body_patience_s", float)
"""How long a body may take to come, in seconds; a minute where the app has none."""
_PATIENCE_S: Final = 60.0
_READ: web.RequestKey[bytes] = web.RequestKey("body", bytes)


async def read_model(request: web.Request, model: type[M], *, most: int | None = None) -> M:
    """Return the body as `model`; raises ProblemError 400, 413 or 422 that names the field.

    `most`: bytes, where fewer are taken than of other bodies.
    """
    return as_model(parse_json(await read_body(request, most=most)), model)


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


async def read_body(
    request: web.Request,
    *,
    most: int | None = None,
    came: Callable[[int], None] | None = None,
    refusal: Callable[[int], ProblemError] = too_large,
) -> bytes:
    """Return the body, of at most `most` bytes; None: of as many as any request may have.

    `came` is told of each piece's bytes, and may raise. Raises ProblemError 413 before more is
    read, in the words of `refusal`, and 408 where the body comes too slowly or breaks off.
    """
    most = request.client_max_size if most is None else most
    if _READ in request:
        # The audit has read it before whoever does what it asks for.
        if len(request[_READ]) > most:
            raise refusal(most)
        return request[_READ]
    if request.content.is_eof():
        request[_READ] = _all_here(request, most, came, refusal)
        return request[_READ]
    body = bytearray()
    patience_s = request.app.get(BODY_PATIENCE_S, _PATIENCE_S)
    try:
        async with asyncio.timeout(patience_s):
            async for piece in _pieces(request, most, refusal):
                body += piece
                if came is not None:
                    came(len(piece))
    except TimeoutError as error:
        raise _unfinished(f"After {patience_s:g} s") from error
    except ConnectionError as error:
        raise _unfinished("When the line broke") from error
    request[_READ] = bytes(body)
    return request[_READ]


def _all_here(
    request: web.Request,
    most: int,
    came: Callable[[int], None] | None,
    refusal: Callable[[int], ProblemError],
) -> bytes:
    """Return a body that came with its head, as short ones do: nothing is waited for."""
    body = request.content.read_nowait()
    if len(body) > most:
        raise refusal(most)
    if came is not None:
        came(len(body))
    return body


async def _pieces(
    request: web.Request, most: int, refusal: Callable[[int], ProblemError]
) -> AsyncIterator[bytes]:
    """Yield the body as it comes; raises ProblemError 413 before it is more than `most`."""
    if (request.content_length or 0) > most:
        raise refusal(most)
    size = 0
    async for piece in request.content.iter_any():
        size += len(piece)
        if size > most:
            raise refusal(most)
        yield piece


def _unfinished(when: str) -> ProblemError:
    # Never a status that blames what is in the body: a kiosk would set it aside for good.
    return ProblemError(
        408,
        ProblemCode.LINE_TIMEOUT,
        "The request did not come whole",
        detail=f"{when} only a part of its body was here; nothing was done.",
        hint="Nothing to do: the kiosk sends less at once by itself.",
        retryable=True,
    )


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
