"""The admin socket's part for the supervisor: which screen answers keys."""

from aiohttp import web

from kiosk_agent.api.bodies import path_screen_id, read_body
from kiosk_agent.api.office import OFFICE
from kiosk_contracts.screens import TakeScreen

routes = web.RouteTableDef()


@routes.get("/v1/screens")
async def screens(request: web.Request) -> web.Response:
    """Answer all screens that the agent hears of."""
    return web.json_response(request.app[OFFICE].screens.seen().to_json())


@routes.post("/v1/screens/{screen_id}/take")
async def take(request: web.Request) -> web.Response:
    """Give the lease to a screen; answer all of them as they are then."""
    body = await read_body(request, TakeScreen)
    given = request.app[OFFICE].screens.give(path_screen_id(request), force=body.force)
    return web.json_response(given.to_json())
