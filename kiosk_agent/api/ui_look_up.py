"""The UI socket: finding a sale again."""

from typing import Final

from aiohttp import web

from kiosk_agent.api.bodies import figure
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.problems import field_invalid
from kiosk_agent.api.ui_staff import who
from kiosk_texts import tr

routes = web.RouteTableDef()
_MOST_CHARACTERS: Final = 400
_MOST_SALES: Final = 50
_PAGE: Final = 20
_NEWEST: Final = 2**63 - 1


@routes.get("/v1/look-up")
async def look_up(request: web.Request) -> web.Response:
    """Answer the sales that a receipt number, a ticket or a name leads to."""
    person = await who(request)
    text = request.query.get("text", "").strip()
    if not 1 <= len(text) <= _MOST_CHARACTERS:
        raise field_invalid("text", tr("text has 1 to {most} characters", most=_MOST_CHARACTERS))
    before = figure(request, "before", 1, _NEWEST)
    limit = figure(request, "limit", 1, _PAGE, _MOST_SALES)
    found = await request.app[DESK].look_up.find(person, text, before=before, limit=limit)
    return web.json_response(found.to_json())
