"""`GET /v1/roster`, and operators' changes of it."""

from aiohttp import web

from core_services.ticket_api.api.bodies import answer, read_body
from core_services.ticket_api.api.tokens import KIOSK
from core_services.ticket_api.staff.service import RosterService
from kiosk_contracts.roster import PutRoster

ROSTERS = web.AppKey("rosters", RosterService)
routes = web.RouteTableDef()


@routes.get("/v1/roster")
async def get_roster(request: web.Request) -> web.Response:
    """Return the roster of the kiosk's venue."""
    return answer(await request.app[ROSTERS].roster(request[KIOSK].venue))


@routes.put("/v1/ops/venues/{venue_id}/roster")
async def put_roster(request: web.Request) -> web.Response:
    """Set who may work at a venue."""
    roster = await read_body(request, PutRoster)
    return answer(await request.app[ROSTERS].put(request.match_info["venue_id"], roster))
