"""The UI socket: refunds."""

from aiohttp import web

from kiosk_agent.api.bodies import path_txn_id, read_body, typed_pin
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_contracts.refunds import GiveBack, MakeRefund

routes = web.RouteTableDef()


@routes.post("/v1/refunds")
async def ask(request: web.Request) -> web.Response:
    """Record a refund for the ticket API to decide. A repeat is answered before any PIN."""
    desk = request.app[DESK]
    person = await who(request)
    body = await read_body(request, MakeRefund)
    answer = await desk.refunds.repeat_of(body)
    if answer is None:
        approver = None
        if await desk.refunds.needs_approval(person, body):
            approver = await desk.staff.approve(person, typed_pin(body.approval_pin))
        answer = await desk.refunds.ask(person, approver, body)
    return web.json_response(answer, status=202)


@routes.get("/v1/refunds")
async def open_ones(request: web.Request) -> web.Response:
    """Answer the refunds that are not decided, or whose money is to be given back."""
    await who(request)
    return web.json_response((await request.app[DESK].refunds.open_ones()).to_json())


@routes.get("/v1/refunds/{txn_id}")
async def standing(request: web.Request) -> web.Response:
    """Answer where a refund stands."""
    await who(request)
    found = await request.app[DESK].refunds.standing(path_txn_id(request))
    return web.json_response(found.to_json())


@routes.post("/v1/refunds/{txn_id}/given")
async def give_back(request: web.Request) -> web.Response:
    """Record that the money of a settled refund was given back."""
    person = await who(request)
    txn_id, body = path_txn_id(request), await read_body(request, GiveBack)
    answer = await request.app[DESK].refunds.give_back(person, txn_id, body)
    return web.json_response(answer, status=201)
