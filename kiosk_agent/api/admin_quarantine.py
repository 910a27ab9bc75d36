"""The admin socket: what root does about quarantined transactions."""

from aiohttp import web

from kiosk_agent.api.bodies import path_txn_id, read_body
from kiosk_agent.api.office import OFFICE
from kiosk_contracts.quarantine import HandOverByRoot, VoidByRoot
from kiosk_contracts.selling import MakeVoid

routes = web.RouteTableDef()


@routes.post("/v1/quarantine/{txn_id}/void")
async def void(request: web.Request) -> web.Response:
    """Void a quarantined sale; a repeat gets the first answer."""
    selling = request.app[OFFICE].selling
    body = await read_body(request, VoidByRoot)
    wanted = MakeVoid(txn_id=body.txn_id, sale_txn_id=path_txn_id(request), reason=body.reason)
    return web.json_response(await selling.void_by_root(wanted, body.by), status=201)


@routes.post("/v1/quarantine/{txn_id}/hand-over")
async def hand_over(request: web.Request) -> web.Response:
    """Write it to a file with a note."""
    body = await read_body(request, HandOverByRoot)
    quarantine = request.app[OFFICE].quarantine
    row = await quarantine.hand_over(path_txn_id(request), body.by, body.note)
    return web.json_response(row.to_json())
