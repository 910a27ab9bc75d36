"""`POST /v1/transactions`."""

from aiohttp import web

from core_services.ticket_api.api.bodies import answer, read_body
from core_services.ticket_api.api.tokens import KIOSK
from core_services.ticket_api.transactions.domain.decision import Asker
from core_services.ticket_api.transactions.service import TransactionService
from kiosk_contracts.uploads import UploadBatch

TRANSACTIONS = web.AppKey("transactions", TransactionService)
routes = web.RouteTableDef()


@routes.post("/v1/transactions")
async def upload(request: web.Request) -> web.Response:
    """Settle a batch of a journal's transactions, item by item."""
    kiosk = request[KIOSK]
    batch = await read_body(request, UploadBatch)
    asker = Asker(kiosk_id=kiosk.sub, venue_id=kiosk.venue)
    return answer(await request.app[TRANSACTIONS].upload(batch, asker))
