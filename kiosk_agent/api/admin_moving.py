"""The admin socket: moving out."""

from aiohttp import web

from kiosk_agent.api.bodies import figure, read_body
from kiosk_agent.api.office import OFFICE
from kiosk_contracts.moving_out import MAX_PART_ITEMS, SignedReceipt

routes = web.RouteTableDef()


@routes.get("/v1/export/page")
async def page(request: web.Request) -> web.Response:
    """Answer unsettled transactions above a sequence, with the journal's head."""
    after = figure(request, "after", 0, 0)
    limit = figure(request, "limit", 1, MAX_PART_ITEMS, most=MAX_PART_ITEMS)
    found = await request.app[OFFICE].moving_out.page(after, limit)
    return web.json_response(found.to_json())


@routes.post("/v1/receipts")
async def keep_receipt(request: web.Request) -> web.Response:
    """Keep a receipt of the ticket API; answer the status."""
    office = request.app[OFFICE]
    await office.moving_out.keep_receipt(await read_body(request, SignedReceipt))
    return web.json_response((await office.reports.status()).to_json())
