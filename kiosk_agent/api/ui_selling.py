"""The UI socket: catalogue, carts, sales, voids."""

from aiohttp import web

from kiosk_agent.api.bodies import path_txn_id, read_body, read_cart, typed_pin
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_agent.domain.tenders import gives_away
from kiosk_contracts.selling import FreeCart, MakeSale, MakeVoid, TakenSoFar

routes = web.RouteTableDef()


@routes.get("/v1/catalogue")
async def catalogue(request: web.Request) -> web.Response:
    """Answer what sells here now."""
    return web.json_response((await request.app[DESK].reports.catalogue()).to_json())


@routes.get("/v1/carts")
async def carts(request: web.Request) -> web.Response:
    """Answer the carts that are open or in payment."""
    await who(request)
    return web.json_response((await request.app[DESK].carts.list()).to_json())


@routes.get("/v1/carts/{txn_id}")
async def cart(request: web.Request) -> web.Response:
    """Answer one cart, in whatever state."""
    await who(request)
    found = await request.app[DESK].carts.get(path_txn_id(request))
    return web.json_response(found.to_json())


@routes.put("/v1/carts/{txn_id}")
async def put_cart(request: web.Request) -> web.Response:
    """Make a cart or change it; it holds its serials."""
    person = await who(request)
    txn_id, wanted = path_txn_id(request), await read_cart(request)
    put = await request.app[DESK].carts.put(person, txn_id, wanted)
    return web.json_response(put.to_json())


@routes.delete("/v1/carts/{txn_id}")
async def delete_cart(request: web.Request) -> web.Response:
    """Release a cart."""
    person = await who(request)
    await request.app[DESK].carts.delete(person, path_txn_id(request))
    return web.Response(status=204)


@routes.post("/v1/carts/{txn_id}/payment")
async def start_payment(request: web.Request) -> web.Response:
    """Put `payment_started` on disk."""
    person = await who(request)
    started = await request.app[DESK].carts.start_payment(person, path_txn_id(request))
    return web.json_response(started.to_json())


@routes.put("/v1/carts/{txn_id}/payment")
async def take(request: web.Request) -> web.Response:
    """Put on disk what was taken of the payment so far."""
    person = await who(request)
    so_far = await read_body(request, TakenSoFar)
    paid = await request.app[DESK].carts.take(person, path_txn_id(request), so_far)
    return web.json_response(paid.to_json())


@routes.delete("/v1/carts/{txn_id}/payment")
async def cancel_payment(request: web.Request) -> web.Response:
    """Open the cart again."""
    person = await who(request)
    opened = await request.app[DESK].carts.cancel_payment(person, path_txn_id(request))
    return web.json_response(opened.to_json())


@routes.post("/v1/carts/{txn_id}/free")
async def free_cart(request: web.Request) -> web.Response:
    """Release a cart that its cashier left, in payment or not."""
    desk = request.app[DESK]
    person = await who(request)
    txn_id, body = path_txn_id(request), await read_body(request, FreeCart)
    approver = None
    if await desk.freed_carts.needs_approval(person, txn_id):
        approver = await desk.staff.approve(person, typed_pin(body.approval_pin))
    freed = await desk.freed_carts.free(person, approver, txn_id)
    return web.json_response(freed.to_json())


@routes.post("/v1/sales")
async def sell(request: web.Request) -> web.Response:
    """Close a cart with its sale. A repeat is answered before any PIN is asked for."""
    desk = request.app[DESK]
    person = await who(request)
    body = await read_body(request, MakeSale)
    approver = None
    if gives_away(body.tender) and not await desk.selling.is_repeat(body):
        await desk.selling.check_payable(person, body)
        approver = await desk.staff.approve(person, typed_pin(body.approval_pin))
    return web.json_response(await desk.selling.sell(person, body, approver), status=201)


@routes.post("/v1/voids")
async def void(request: web.Request) -> web.Response:
    """Undo a sale. A repeat is answered before any PIN is asked for."""
    desk = request.app[DESK]
    person = await who(request)
    body = await read_body(request, MakeVoid)
    answer = await desk.selling.repeat_of_void(body)
    if answer is None:
        await desk.selling.check_voidable(person, body.sale_txn_id)
        approver = await desk.staff.approve(person, typed_pin(body.approval_pin))
        answer = await desk.selling.void(person, approver, body)
    return web.json_response(answer, status=201)
