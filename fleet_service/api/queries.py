"""Reading figures of queries."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from aiohttp import web

from kiosk_contracts.problem import ProblemCode, ProblemError

_FIGURE: Final = re.compile(r"[0-9]{1,6}")


def limit_of(request: web.Request, most: int) -> int:
    """Return how many a list may have at most; raises ProblemError 422."""
    text = request.query.get("limit", str(most))
    limit = int(text) if _FIGURE.fullmatch(text) else 0
    if not 0 < limit <= most:
        raise refused_query(f"limit: it is a whole number from 1 to {most}.")
    return limit


def known_query(request: web.Request, known: Collection[str]) -> None:
    """Refuse a part of the query that means nothing: all would be taken for what fits it."""
    for name in request.query:
        if name not in known:
            raise refused_query(f"{name[:50]}: it is none of {', '.join(sorted(known))}.")


def choice_of(request: web.Request, name: str, choices: Sequence[str]) -> str | None:
    """Return which of some words was said, None for none; raises ProblemError 422."""
    said = request.query.get(name)
    if said is not None and said not in choices:
        raise refused_query(f"{name}: it is one of {', '.join(choices)}.")
    return said


def refused_query(detail: str) -> ProblemError:
    """Return the refusal of a query, which names its part."""
    return ProblemError(422, ProblemCode.BODY_INVALID, "The request can't be used", detail=detail)
