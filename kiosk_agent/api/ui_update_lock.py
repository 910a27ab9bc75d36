"""The UI socket: the update lock, as a manager sets and lifts it."""

from aiohttp import web

from kiosk_agent.api.bodies import read_body, typed_pin
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_agent.domain.refusals import no_training_here
from kiosk_agent.services.update_locks import UpdateLocks
from kiosk_contracts.update_lock import LiftUpdateLock, SetUpdateLock

routes = web.RouteTableDef()


@routes.put("/v1/update-lock")
async def put(request: web.Request) -> web.Response:
    """Let a manager set one in place of the one before."""
    locks, person = _locks(request), await who(request)
    wanted = await read_body(request, SetUpdateLock)
    locks.check(wanted)
    staff = request.app[DESK].staff
    approver = await staff.approve(person, typed_pin(wanted.approval_pin))
    return web.json_response((await locks.set(wanted, approver)).to_json())


@routes.post("/v1/update-lock/lift")
async def lift(request: web.Request) -> web.Response:
    """Let a manager have an update come now."""
    locks, person = _locks(request), await who(request)
    body = await read_body(request, LiftUpdateLock)
    staff = request.app[DESK].staff
    approver = await staff.approve(person, typed_pin(body.approval_pin))
    return web.json_response((await locks.lift(approver)).to_json())


def _locks(request: web.Request) -> UpdateLocks:
    locks = request.app[DESK].kiosk.update_locks
    if locks is None:
        # Nothing that people practise with is ever updated.
        raise no_training_here()
    return locks
