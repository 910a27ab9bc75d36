"""`GET /v1/catalogue`, and operators' changes of events."""

from aiohttp import web

from core_services.ticket_api.api.bodies import answer, invalid, read_body
from core_services.ticket_api.api.tokens import KIOSK
from core_services.ticket_api.catalogue.service import CatalogueService
from kiosk_contracts.catalogue import Event

CATALOGUE = web.AppKey("catalogue", CatalogueService)
routes = web.RouteTableDef()


@routes.get("/v1/catalogue")
async def get_catalogue(request: web.Request) -> web.Response:
    """Return the catalogue of the kiosk's venue."""
    kiosk = request[KIOSK]
    return answer(await request.app[CATALOGUE].catalogue(kiosk.venue, kiosk.venue_name))


@routes.put("/v1/ops/events/{event_id}")
async def put_event(request: web.Request) -> web.Response:
    """Make or change an event."""
    event = await read_body(request, Event)
    if event.event_id != request.match_info["event_id"]:
        raise invalid("event_id: the body names another event than the address")
    return answer(await request.app[CATALOGUE].put_event(event))


@routes.post("/v1/ops/events/{event_id}/cancel")
async def cancel_event(request: web.Request) -> web.Response:
    """Stop an event's sales for ever."""
    return answer(await request.app[CATALOGUE].cancel(request.match_info["event_id"]))
