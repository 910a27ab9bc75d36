"""`GET /v1/instances` and `GET /v1/venues`."""

from typing import Final

from aiohttp import web

from fleet_service.api.described import described, paged
from fleet_service.api.etags import json_with_etag
from fleet_service.api.queries import limit_of, refused_query
from fleet_service.instances.detail import KioskDetails
from fleet_service.instances.service import MOST_LISTED, Instances, Wanted
from fleet_service.instances.states import Cause, KioskState
from kiosk_contracts.instances import InstanceDetail, InstancePage, VenueSeen, VenueSeenPage
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.version import STREAM_POSITION_HEADER

INSTANCES: web.AppKey[Instances] = web.AppKey("instances", Instances)
DETAILS: web.AppKey[KioskDetails] = web.AppKey("kiosk_details", KioskDetails)
_LONGEST: Final = 200
_QUERY: Final = paged(
    MOST_LISTED, state=list[KioskState], cause=list[Cause], venue=str, text=str, release=str
)
_FILTERS: Final = frozenset(_QUERY)


@described(InstancePage, query=_QUERY, has_etag=True)
async def list_instances(request: web.Request) -> web.Response:
    """Answer with a page of kiosks."""
    page, position = await request.app[INSTANCES].page(*_asked(request))
    answer = json_with_etag(request, page.to_json())
    answer.headers[STREAM_POSITION_HEADER] = position
    return answer


@described(InstanceDetail, ProblemCode.KIOSK_UNKNOWN, has_etag=True)
async def get_instance(request: web.Request) -> web.Response:
    """Answer with one kiosk, and how it came there."""
    detail = await request.app[DETAILS].get(request.match_info["kiosk_id"])
    return json_with_etag(request, detail.to_json())


@described(VenueSeenPage, query=_QUERY, has_etag=True)
async def list_venues(request: web.Request) -> web.Response:
    """Answer with a page of venues."""
    page = await request.app[INSTANCES].venue_page(*_asked(request))
    return json_with_etag(request, page.to_json())


@described(VenueSeen, ProblemCode.VENUE_UNKNOWN, has_etag=True)
async def get_venue(request: web.Request) -> web.Response:
    """Answer with one venue."""
    venue = await request.app[INSTANCES].venue(request.match_info["venue_id"])
    return json_with_etag(request, venue.to_json())


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get("/v1/instances", list_instances)
    app.router.add_get("/v1/instances/{kiosk_id}", get_instance)
    app.router.add_get("/v1/venues", list_venues)
    app.router.add_get("/v1/venues/{venue_id}", get_venue)


def _asked(request: web.Request) -> tuple[Wanted, str, int]:
    """Return the filters, the cursor and the limit; raises ProblemError 422.

    A filter that is not known is refused: all kiosks would be taken for those that fit it.
    """
    query = request.query
    for name in query:
        if name not in _FILTERS:
            raise refused_query(f"{name}: it is none of {', '.join(sorted(_FILTERS))}.")
    states, causes = query.getall("state", []), query.getall("cause", [])
    for value in states:
        if value not in {*KioskState}:
            raise refused_query(f"state: it is one of {', '.join(KioskState)}.")
    for value in causes:
        if value not in {*Cause}:
            raise refused_query(f"cause: it is one of {', '.join(Cause)}.")
    text = query.get("text", "")[:_LONGEST].strip()
    wanted = Wanted(
        frozenset(states),
        frozenset(causes),
        query.get("venue", ""),
        text,
        query.get("release", ""),
    )
    return wanted, query.get("after", ""), limit_of(request, MOST_LISTED)
