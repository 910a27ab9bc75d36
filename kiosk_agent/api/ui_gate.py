"""The UI socket: admissions and exits, who is inside, tickets that nobody can scan."""

from typing import Final

from aiohttp import web

from kiosk_agent.api.bodies import read_body, typed_pin
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_contracts.admitting import Admit

routes = web.RouteTableDef()
_LONGEST_TEXT: Final = 120


@routes.post("/v1/admissions")
async def admit(request: web.Request) -> web.Response:
    """Let a ticket in, or say red or amber.

    With a reason a manager lets it in; a repeat is answered before any PIN is asked for.
    """
    desk = request.app[DESK]
    person = await who(request)
    body = await read_body(request, Admit)
    approver = None
    if body.reason is not None:
        answer = await desk.admitting.repeat(body)
        if answer is not None:
            return web.json_response(answer, status=201)
        if await desk.admitting.needs_approval(body):
            approver = await desk.staff.approve(person, typed_pin(body.approval_pin))
    return web.json_response(await desk.admitting.admit(person, body, approver), status=201)


@routes.post("/v1/exits")
async def let_out(request: web.Request) -> web.Response:
    """Let a ticket holder out, who may come back."""
    person = await who(request)
    body = await read_body(request, Admit)
    return web.json_response(await request.app[DESK].admitting.let_out(person, body), status=201)


@routes.get("/v1/gates/{event_id}")
async def gate_now(request: web.Request) -> web.Response:
    """Answer how many are inside, as far as this kiosk knows."""
    await who(request)
    found = await request.app[DESK].gate_search.now(request.match_info["event_id"])
    return web.json_response(found.to_json())


@routes.get("/v1/gates/{event_id}/tickets")
async def gate_tickets(request: web.Request) -> web.Response:
    """Answer tickets of this kiosk's sales by receipt number or buyer's name, to choose from."""
    await who(request)
    text = request.query.get("text", "")[:_LONGEST_TEXT]
    found = await request.app[DESK].gate_search.find(request.match_info["event_id"], text)
    return web.json_response(found.to_json())
