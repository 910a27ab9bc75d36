"""`POST /v1/allotments`."""

from aiohttp import web

from core_services.ticket_api.allotments.service import AllotmentService
from core_services.ticket_api.api.bodies import answer, read_body
from core_services.ticket_api.api.tokens import KIOSK
from kiosk_contracts.allotments import AllotmentRequest

ALLOTMENTS = web.AppKey("allotments", AllotmentService)
routes = web.RouteTableDef()


@routes.post("/v1/allotments")
async def grant(request: web.Request) -> web.Response:
    """Lease serials to a journal of the kiosk."""
    kiosk = request[KIOSK]
    asked = await read_body(request, AllotmentRequest)
    allotment = await request.app[ALLOTMENTS].grant(asked, kiosk.sub, kiosk.venue)
    return answer(allotment, status=201)
