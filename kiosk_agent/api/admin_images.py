"""The admin socket's part for the supervisor: images that are wanted here."""

from aiohttp import web

from kiosk_agent.api.bodies import read_body
from kiosk_agent.api.office import OFFICE
from kiosk_contracts.images import ImagesSeen

routes = web.RouteTableDef()


@routes.put("/v1/images")
async def images(request: web.Request) -> web.Response:
    """Take how they stand; answer which are wanted."""
    seen = await read_body(request, ImagesSeen)
    return web.json_response(request.app[OFFICE].images.tell(seen).to_json())
