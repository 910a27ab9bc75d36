"""The admin socket's part for the console: what it is, and who may examine the host there."""

from aiohttp import web

from kiosk_agent.api.bodies import read_body
from kiosk_agent.api.office import OFFICE
from kiosk_contracts.screens import ConsoleReport
from kiosk_contracts.staff import TechnicianPin
from kiosk_texts import read_language, speaking

routes = web.RouteTableDef()


@routes.put("/v1/console")
async def console(request: web.Request) -> web.Response:
    """Take what the host shows its screens on; the screens hear of it with their next report."""
    report = await read_body(request, ConsoleReport)
    request.app[OFFICE].screens.shown_on(report.kind)
    return web.Response(status=204)


@routes.post("/v1/technician")
async def technician(request: web.Request) -> web.Response:
    """Answer who a PIN lets examine the host; a refusal is in the language of the asker."""
    body = await read_body(request, TechnicianPin)
    with speaking(read_language(body.locale)):
        found = await request.app[OFFICE].technicians.let_in(body.pin.get_secret_value())
    return web.json_response(found.to_json())
