"""The UI socket: admissions and exits."""

from aiohttp import web

from kiosk_agent.api.bodies import read_body
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_contracts.admitting import Admit

routes = web.RouteTableDef()


@routes.post("/v1/admissions")
async def admit(request: web.Request) -> web.Response:
    """Let a ticket in, or say red or amber."""
    person = await who(request)
    body = await read_body(request, Admit)
    return web.json_response(await request.app[DESK].admitting.admit(person, body), status=201)


@routes.post("/v1/exits")
async def let_out(request: web.Request) -> web.Response:
    """Let a ticket holder out, who may come back."""
    person = await who(request)
    body = await read_body(request, Admit)
    return web.json_response(await request.app[DESK].admitting.let_out(person, body), status=201)
