"""The admin socket's part for the supervisor: which screen answers keys."""

from aiohttp import web

from kiosk_agent.api.bodies import path_screen_id, read_body
from kiosk_agent.api.office import OFFICE
from kiosk_contracts.screens import ScreensSeen, TakeScreen

routes = web.RouteTableDef()


@routes.get("/v1/screens")
async def screens(request: web.Request) -> web.Response:
    """Answer all screens that the agent hears of."""
    return _answer(request, request.app[OFFICE].screens.seen())


@routes.post("/v1/screens/{screen_id}/take")
async def take(request: web.Request) -> web.Response:
    """Give the lease to a screen; answer all of them as they are then."""
    body = await read_body(request, TakeScreen)
    desk = request.app[OFFICE].screens
    given = desk.give(path_screen_id(request), force=body.force, ended=body.ended or "")
    return _answer(request, given)


def _answer(request: web.Request, seen: ScreensSeen) -> web.Response:
    lock = request.app[OFFICE].update_locks.in_force()
    return web.json_response(seen.model_copy(update={"update_lock": lock}).to_json())
