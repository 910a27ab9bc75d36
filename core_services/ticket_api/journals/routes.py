"""`GET /v1/journals/{journal_id}` and its entries."""

from typing import Final
from uuid import UUID

from aiohttp import web

from core_services.ticket_api.api.bodies import answer, invalid, query_int
from core_services.ticket_api.api.tokens import KIOSK
from core_services.ticket_api.journals.service import JournalService

JOURNALS = web.AppKey("journals", JournalService)
MAX_PAGE: Final = 1000
MAX_SEQUENCE: Final = 999_999_999_999
routes = web.RouteTableDef()


@routes.get("/v1/journals/{journal_id}")
async def get_head(request: web.Request) -> web.Response:
    """Return how far the journal has come."""
    return answer(await request.app[JOURNALS].head(_journal_id(request), request[KIOSK].sub))


@routes.get("/v1/journals/{journal_id}/entries")
async def get_entries(request: web.Request) -> web.Response:
    """Return which transactions the journal's places hold, for the kiosk to compare."""
    after = query_int(request, "after", default=0, low=0, high=MAX_SEQUENCE)
    limit = query_int(request, "limit", default=500, low=1, high=MAX_PAGE)
    journals, kiosk_id = request.app[JOURNALS], request[KIOSK].sub
    return answer(await journals.entries(_journal_id(request), kiosk_id, after=after, limit=limit))


def _journal_id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["journal_id"])
    except ValueError as error:
        raise invalid("journal_id: a journal's id is a UUID") from error
