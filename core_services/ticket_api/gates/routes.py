"""`GET /v1/gate-feed`."""

from typing import Final

from aiohttp import web

from core_services.ticket_api.api.bodies import answer, query_int
from core_services.ticket_api.api.tokens import KIOSK
from core_services.ticket_api.gates.service import GateService

GATES = web.AppKey("gates", GateService)
MAX_PAGE: Final = 1000
_HIGHEST_CURSOR: Final = 999_999_999_999
routes = web.RouteTableDef()


@routes.get("/v1/gate-feed")
async def get_feed(request: web.Request) -> web.Response:
    """Return what happened to tickets of the kiosk's venue after a cursor."""
    after = query_int(request, "after", default=0, low=0, high=_HIGHEST_CURSOR)
    limit = query_int(request, "limit", default=500, low=1, high=MAX_PAGE)
    return answer(await request.app[GATES].feed(request[KIOSK].venue, after, limit))
