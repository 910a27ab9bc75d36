"""`/v1/ops/venues`."""

from aiohttp import web

from fleet_service.api.bodies import read_model
from fleet_service.api.described import described, paged
from fleet_service.api.etags import json_with_etag
from fleet_service.api.queries import limit_of
from fleet_service.operators.rights import OPS_PREFIX
from fleet_service.venues.service import MOST_LISTED, Venues
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.venues import Venue, VenuePage, VenueStanding

VENUES: web.AppKey[Venues] = web.AppKey("venues", Venues)
_ONE = f"{OPS_PREFIX}venues/{{venue_id}}"


@described(VenueStanding, ProblemCode.KIOSK_TAKEN, ProblemCode.KIOSK_IN_SERVICE, body=Venue)
async def put_venue(request: web.Request) -> web.Response:
    """Open or change a venue."""
    venue = await read_model(request, Venue)
    if venue.venue_id != request.match_info["venue_id"]:
        raise _invalid("venue_id: the body names another venue than the address.")
    return web.json_response((await request.app[VENUES].put(venue)).to_json())


@described(VenueStanding, ProblemCode.VENUE_UNKNOWN, has_etag=True)
async def get_venue(request: web.Request) -> web.Response:
    """Answer with one venue."""
    found = await request.app[VENUES].get(request.match_info["venue_id"])
    return json_with_etag(request, found.to_json())


@described(VenuePage, query=paged(MOST_LISTED), has_etag=True)
async def list_venues(request: web.Request) -> web.Response:
    """Answer with a page of venues."""
    page = await request.app[VENUES].page(
        request.query.get("after", ""), limit_of(request, MOST_LISTED)
    )
    return json_with_etag(request, page.to_json())


@described(None, ProblemCode.VENUE_UNKNOWN, ProblemCode.KIOSK_IN_SERVICE, status=204)
async def remove_venue(request: web.Request) -> web.Response:
    """Close a venue."""
    await request.app[VENUES].remove(request.match_info["venue_id"])
    return web.Response(status=204)


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get(f"{OPS_PREFIX}venues", list_venues)
    app.router.add_get(_ONE, get_venue)
    app.router.add_put(_ONE, put_venue)
    app.router.add_delete(_ONE, remove_venue)


def _invalid(detail: str) -> ProblemError:
    return ProblemError(422, ProblemCode.BODY_INVALID, "The request can't be used", detail=detail)
