"""The UI socket: what staff do about quarantined transactions. Their void is `POST /v1/voids`."""

from aiohttp import web

from kiosk_agent.api.bodies import path_txn_id, read_body, typed_pin
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_agent.domain.people import require
from kiosk_contracts.quarantine import HandOver
from kiosk_contracts.staff import StaffRole

routes = web.RouteTableDef()


@routes.post("/v1/quarantine/{txn_id}/retry")
async def retry(request: web.Request) -> web.Response:
    """Let it be judged afresh."""
    person = await who(request)
    require(person, StaffRole.CASHIER)
    row = await request.app[DESK].quarantine.retry(path_txn_id(request), person.staff_id)
    return web.json_response(row.to_json())


@routes.post("/v1/quarantine/{txn_id}/hand-over")
async def hand_over(request: web.Request) -> web.Response:
    """Write it to a file with a note, by a manager."""
    desk = request.app[DESK]
    person = await who(request)
    require(person, StaffRole.CASHIER)
    txn_id, body = path_txn_id(request), await read_body(request, HandOver)
    await desk.quarantine.check(txn_id)
    manager = await desk.staff.approve(person, typed_pin(body.approval_pin))
    row = await desk.quarantine.hand_over(txn_id, manager.staff_id, body.note)
    return web.json_response(row.to_json())
