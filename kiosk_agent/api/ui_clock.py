"""The UI socket: the kiosk's clock."""

from aiohttp import web

from kiosk_agent.api.bodies import read_body, typed_pin
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_contracts.clock import ConfirmClock

routes = web.RouteTableDef()


@routes.post("/v1/clock/confirm")
async def confirm(request: web.Request) -> web.Response:
    """Let a manager confirm the time that was shown."""
    desk = request.app[DESK]
    person = await who(request)
    body = await read_body(request, ConfirmClock)
    desk.clocks.check_shown(body)
    approver = await desk.staff.approve(person, typed_pin(body.approval_pin))
    return web.json_response((await desk.clocks.confirm(approver)).to_json())
