"""Lists and status, which the UI socket and the admin socket both answer."""

from typing import Final

from aiohttp import web

from kiosk_agent.services.status import StatusReports
from kiosk_contracts.kiosk_status import JournalState
from kiosk_contracts.problem import ProblemCode, ProblemError

REPORTS: Final = web.AppKey("reports", StatusReports)
MAX_PAGE: Final = 200
_PAGE: Final = 50


async def status(request: web.Request) -> web.Response:
    """Answer `GET /v1/status`."""
    return web.json_response((await request.app[REPORTS].status()).to_json())


async def transactions(request: web.Request) -> web.Response:
    """Answer `GET /v1/transactions?before=&limit=&state=`, newest first."""
    before = request.query.get("before")
    page = await request.app[REPORTS].transactions(
        before=None if before is None else _number("before", before, 2**63 - 1),
        limit=_number("limit", request.query.get("limit", str(_PAGE)), MAX_PAGE),
        states=[_state(name) for name in request.query.getall("state", [])],
    )
    return web.json_response(page.to_json())


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
        raise _query_invalid(name, f"{text[:20]!r} is not a number from 1 to {most}")
    return int(text)


def _state(name: str) -> JournalState:
    try:
        return JournalState(name)
    except ValueError as error:
        known = ", ".join(state.value for state in JournalState)
        raise _query_invalid("state", f"{name[:20]!r} is none of {known}") from error


def _query_invalid(name: str, why: str) -> ProblemError:
    return ProblemError(
        422,
        ProblemCode.BODY_INVALID,
        "The request is not right",
        detail=f"{name}: {why}.",
        extra={"field": name},
    )
