"""The admin socket's part for the supervisor: which kiosk UI it sees on the screen."""

from aiohttp import web

from kiosk_agent.api.bodies import read_body
from kiosk_agent.api.office import OFFICE
from kiosk_contracts.ui_report import UiReport

routes = web.RouteTableDef()


@routes.put("/v1/ui")
async def told(request: web.Request) -> web.Response:
    """Take what it sees."""
    request.app[OFFICE].ui.take(await read_body(request, UiReport))
    return web.Response(status=204)
