"""`POST /v1/ops/write-offs` and `GET /v1/ops/ledger`."""

from typing import Final

from aiohttp import web

from core_services.ticket_api.api.bodies import answer, query_int, read_body
from core_services.ticket_api.ops.ledger import LedgerService
from core_services.ticket_api.ops.write_offs import WriteOffService
from kiosk_contracts.allotments import WriteOff

WRITE_OFFS = web.AppKey("write_offs", WriteOffService)
LEDGER = web.AppKey("ledger", LedgerService)
MAX_PAGE: Final = 1000
_MAX_CURSOR_CHARS: Final = 200
routes = web.RouteTableDef()


@routes.post("/v1/ops/write-offs")
async def write_off(request: web.Request) -> web.Response:
    """Give up what a kiosk holds unsold."""
    order = await read_body(request, WriteOff)
    return answer(await request.app[WRITE_OFFS].write_off(order))


@routes.get("/v1/ops/ledger")
async def get_ledger(request: web.Request) -> web.Response:
    """Return totals, and a page of what a person should look at."""
    after = request.query.get("after", "")[:_MAX_CURSOR_CHARS]
    limit = query_int(request, "limit", default=200, low=1, high=MAX_PAGE)
    return answer(await request.app[LEDGER].ledger(after, limit))
