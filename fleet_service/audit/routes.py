"""`GET /v1/audit`."""

import re
from datetime import date
from typing import Final

from aiohttp import web

from fleet_service.api.described import described, paged
from fleet_service.api.etags import json_with_etag
from fleet_service.api.queries import known_query, limit_of
from fleet_service.audit.asking import AuditQuery, asked
from fleet_service.audit.records import LONGEST_TARGET
from fleet_service.audit.service import MOST_LISTED, AuditTrail
from kiosk_contracts.audit import AuditPage
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.shown_text import shown

AUDIT: web.AppKey[AuditTrail] = web.AppKey("audit", AuditTrail)
_QUERY: Final = paged(
    MOST_LISTED, **{"day": date, "from": date, "to": date, "actor": str, "target": str}
)
_CURSOR: Final = re.compile(r"[0-9a-f]{32}")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@described(AuditPage, query=_QUERY, has_etag=True)
async def list_entries(request: web.Request) -> web.Response:
    """Answer with a page of the audit."""
    page = await request.app[AUDIT].page(_query(request))
    return json_with_etag(request, page.to_json())


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get("/v1/audit", list_entries)


def _query(request: web.Request) -> AuditQuery:
    known_query(request, _QUERY)
    after = request.query.get("after")
    if after is not None and not _CURSOR.fullmatch(after):
        raise _invalid("after: it is what a page said as next_after.")
    day, first, last = (_day(request, name) for name in ("day", "from", "to"))
    if day is not None and (first or last):
        raise _invalid("day: it is said instead of from and to.")
    try:
        return asked(
            request.app[AUDIT].today(),
            first=day or first,
            last=day or last,
            actor=_word(request, "actor"),
            target=_word(request, "target"),
            after=None if after is None else int(after, 16),
            limit=limit_of(request, MOST_LISTED),
        )
    except (ValueError, OverflowError) as error:
        raise _invalid(str(error)) from error


def _word(request: web.Request, name: str) -> str | None:
    """Return what is asked for as the audit has it: it is a key of the store."""
    text = request.query.get(name)
    return None if text is None else shown(text, LONGEST_TARGET)


def _day(request: web.Request, name: str) -> date | None:
    text = request.query.get(name)
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _invalid(f"{name}: it is a day such as 2026-11-27.")


def _invalid(detail: str) -> ProblemError:
    return ProblemError(422, ProblemCode.BODY_INVALID, "The request can't be used", detail=detail)
