"""Reading figures of queries."""

from aiohttp import web

from kiosk_contracts.problem import ProblemCode, ProblemError


def limit_of(request: web.Request, most: int) -> int:
    """Return how many a list may have at most; raises ProblemError 422."""
    text = request.query.get("limit", str(most))
    if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= most):
        raise refused_query(f"limit: it is a whole number from 1 to {most}.")
    return int(text)


def refused_query(detail: str) -> ProblemError:
    """Return the refusal of a query, which names its part."""
    return ProblemError(422, ProblemCode.BODY_INVALID, "The request can't be used", detail=detail)
