"""`POST /v1/ops/write-offs`, `GET /v1/ops/ledger` and `GET /v1/ops/transactions`."""

from typing import Final

from aiohttp import web

from core_services.ticket_api.api.bodies import answer, invalid, query_int, read_body
from core_services.ticket_api.ops.finding import TransactionFinder
from core_services.ticket_api.ops.ledger import LedgerService
from core_services.ticket_api.ops.write_offs import WriteOffService
from kiosk_contracts.allotments import WriteOff

WRITE_OFFS = web.AppKey("write_offs", WriteOffService)
LEDGER = web.AppKey("ledger", LedgerService)
FINDER = web.AppKey("transaction_finder", TransactionFinder)
_FOUND_BY: Final = frozenset({"kiosk", "receipt", "serial"})
MAX_FOUND: Final = 100
MAX_PAGE: Final = 1000
_MAX_CURSOR_CHARS: Final = 200
routes = web.RouteTableDef()


@routes.post("/v1/ops/write-offs")
async def write_off(request: web.Request) -> web.Response:
    """Give up what a kiosk holds unsold."""
    order = await read_body(request, WriteOff)
    return answer(await request.app[WRITE_OFFS].write_off(order))


@routes.get("/v1/ops/transactions")
async def find_transactions(request: web.Request) -> web.Response:
    """Return the transactions with a receipt number, of a ticket, or of a kiosk."""
    query = request.query
    if stray := sorted({*query} - _FOUND_BY - {"after", "limit", "personal"}):
        raise invalid(f"{stray[0][:50]}: it is no part of this question")
    by = [name for name in _FOUND_BY if name in query]
    if len(by) != 1 or not query[by[0]] or len(query[by[0]]) > _MAX_CURSOR_CHARS:
        raise invalid(f"say one of {', '.join(sorted(_FOUND_BY))}")
    after = query.get("after", "")[:_MAX_CURSOR_CHARS]
    limit = query_int(request, "limit", default=MAX_FOUND, low=1, high=MAX_FOUND)
    finder = request.app[FINDER]
    match by[0]:
        case "receipt":
            found = await finder.by_receipt(query["receipt"], after, limit)
        case "serial":
            found = await finder.by_serial(query["serial"])
        case _:
            found = await finder.by_kiosk(query["kiosk"], after, limit)
    if query.get("personal") != "yes":
        found = found.without_buyers()
    return answer(found)


@routes.get("/v1/ops/ledger")
async def get_ledger(request: web.Request) -> web.Response:
    """Return totals, and a page of what a person should look at."""
    after = request.query.get("after", "")[:_MAX_CURSOR_CHARS]
    limit = query_int(request, "limit", default=200, low=1, high=MAX_PAGE)
    return answer(await request.app[LEDGER].ledger(after, limit))
