"""`GET /v1/journals/{journal_id}`."""

from uuid import UUID

from aiohttp import web

from core_services.ticket_api.api.bodies import answer, invalid
from core_services.ticket_api.api.tokens import KIOSK
from core_services.ticket_api.journals.service import JournalService

JOURNALS = web.AppKey("journals", JournalService)
routes = web.RouteTableDef()


@routes.get("/v1/journals/{journal_id}")
async def get_head(request: web.Request) -> web.Response:
    """Return how far the journal has come."""
    try:
        journal_id = UUID(request.match_info["journal_id"])
    except ValueError as error:
        raise invalid("journal_id: a journal's id is a UUID") from error
    return answer(await request.app[JOURNALS].head(journal_id, request[KIOSK].sub))
