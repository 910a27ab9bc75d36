"""`GET /v1/transactions`. `POST` there is the kiosks' own, and relayed."""

from typing import Final

import structlog
from aiohttp import web

from fleet_service.api.described import described, paged
from fleet_service.api.etags import json_with_etag
from fleet_service.api.queries import known_query, limit_of, refused_query
from fleet_service.api.requests import REQUEST_ID
from fleet_service.audit.summary import target
from fleet_service.operators.gate import ASKING, OPS_GATE
from fleet_service.transactions.looks import Looks
from fleet_service.transactions.service import TransactionSearch
from kiosk_contracts.found_transactions import FoundTransactions
from kiosk_contracts.operators import OperatorRole
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.shown_text import shown

log = structlog.get_logger()

SEARCH: web.AppKey[TransactionSearch] = web.AppKey("transaction_search", TransactionSearch)
LOOKS: web.AppKey[Looks] = web.AppKey("buyers_looks", Looks)
MOST_FOUND: Final = 100
_LONGEST: Final = 200
_BY: Final = ("receipt", "serial", "kiosk")
_QUERY: Final = paged(MOST_FOUND, receipt=str, serial=str, kiosk=str)


@described(
    FoundTransactions,
    ProblemCode.SEARCH_NOT_SET_UP,
    ProblemCode.UPSTREAM_FAILED,
    ProblemCode.AUDIT_UNWRITTEN,
    query=_QUERY,
    has_etag=True,
)
async def find_transactions(request: web.Request) -> web.Response:
    """Answer with the transactions of a receipt, a ticket or a kiosk."""
    known_query(request, _QUERY)
    by = [name for name in _BY if request.query.get(name)]
    if len(by) != 1:
        raise refused_query(f"say one of {', '.join(_BY)}.")
    asked = {
        by[0]: _short(request, by[0]),
        "after": _short(request, "after"),
        "limit": str(limit_of(request, MOST_FOUND)),
    }
    operator = request[ASKING].operator
    with_buyers = operator.role.reaches(OperatorRole.OPERATOR)
    found = await request.app[SEARCH].find(
        asked, with_buyers=with_buyers, request_id=request[REQUEST_ID]
    )
    await _note_buyers(request, by[0], found)
    return json_with_etag(request, found.to_json())


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get("/v1/transactions", find_transactions)


async def _note_buyers(request: web.Request, by: str, found: FoundTransactions) -> None:
    """Write down whose names an operator is about to be shown; raises ProblemError 503.

    Who looks at the same again and again, as `--watch` does, is written down once in a while.
    """
    shown_ids = [str(one.txn_id) for one in found.transactions if one.buyer is not None]
    token_id = request[ASKING].operator.token_id
    looks = request.app[LOOKS]
    new = [one for one in shown_ids if looks.is_new(token_id, one)]
    if not new:
        return
    log.info("buyers_shown", by=by, transactions=len(new))
    summary = shown(f"looked at who bought, by {by}: {request.query[by]}", _LONGEST)
    targets = tuple(target("transaction", one) for one in new)
    await request.app[OPS_GATE].note_look(request, targets, summary)
    looks.noted(token_id, new)


def _short(request: web.Request, name: str) -> str:
    text = request.query.get(name, "")
    if len(text) > _LONGEST:
        raise refused_query(f"{name}: it has at most {_LONGEST} characters.")
    return text
