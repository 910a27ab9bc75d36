"""The UI socket: the pre-show check."""

from aiohttp import web

from kiosk_agent.api.bodies import read_body, typed_pin
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_contracts.pre_show import KeepCheck

routes = web.RouteTableDef()


@routes.get("/v1/pre-show")
async def look(request: web.Request) -> web.Response:
    """Answer how everything is now; `?scanned=1` after the scanner was tried."""
    await who(request)
    scanned = request.query.get("scanned") == "1"
    return web.json_response((await request.app[DESK].pre_show.look(scanned=scanned)).to_json())


@routes.post("/v1/pre-show")
async def keep(request: web.Request) -> web.Response:
    """Look once more, and keep that in a manager's name."""
    desk = request.app[DESK]
    person = await who(request)
    body = await read_body(request, KeepCheck)
    approver = await desk.staff.approve(person, typed_pin(body.approval_pin))
    kept = await desk.pre_show.keep(approver, scanned=body.scanned)
    return web.json_response(kept.to_json(), status=201)


@routes.get("/v1/pre-show/kept")
async def kept(request: web.Request) -> web.Response:
    """Answer the checks that were kept, newest first."""
    await who(request)
    return web.json_response((await request.app[DESK].pre_show.kept()).to_json())
