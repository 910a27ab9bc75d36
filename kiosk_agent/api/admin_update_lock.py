"""The admin socket: the update lock, as operators set, see and lift it."""

from aiohttp import web

from kiosk_agent.api.bodies import read_body
from kiosk_agent.api.office import OFFICE
from kiosk_contracts.update_lock import SetUpdateLock, UpdateLockState

routes = web.RouteTableDef()
_PATH = "/v1/update-lock"


@routes.get(_PATH)
async def seen(request: web.Request) -> web.Response:
    """Answer the lock in force."""
    lock = request.app[OFFICE].update_locks.in_force()
    return web.json_response(UpdateLockState(update_lock=lock).to_json())


@routes.put(_PATH)
async def put(request: web.Request) -> web.Response:
    """Set one in place of the one before."""
    wanted = await read_body(request, SetUpdateLock)
    state = await request.app[OFFICE].update_locks.set(wanted, None)
    return web.json_response(state.to_json())


@routes.delete(_PATH)
async def lift(request: web.Request) -> web.Response:
    """Let an update come now."""
    state = await request.app[OFFICE].update_locks.lift(None)
    return web.json_response(state.to_json())
