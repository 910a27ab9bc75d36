"""`/v1/alarms` and `/v1/silences`."""

from typing import Annotated, Final, Literal

from aiohttp import web
from pydantic import Field

from fleet_service.alarms.causes import ALL_CAUSES
from fleet_service.alarms.service import MOST_LISTED, Alarms, WantedAlarms
from fleet_service.api.bodies import read_model
from fleet_service.api.described import described, paged
from fleet_service.api.etags import json_with_etag
from fleet_service.api.queries import limit_of, refused_query
from fleet_service.operators.gate import asking_operator
from kiosk_contracts.alarms import (
    AcknowledgeAlarm,
    Alarm,
    AlarmPage,
    SetSilence,
    Silence,
    SilenceList,
)
from kiosk_contracts.problem import ProblemCode

ALARMS: web.AppKey[Alarms] = web.AppKey("alarms", Alarms)
_Choice = Literal["yes", "no"]
_QUERY: Final = paged(
    MOST_LISTED,
    venue=str,
    cause=list[Annotated[str, Field(json_schema_extra={"enum": [*ALL_CAUSES]})]],
    silenced=_Choice,
    acknowledged=_Choice,
    closed=_Choice,
)
_FILTERS: Final = frozenset(_QUERY)
_OF_CLOSED: Final = frozenset({"closed", "after", "limit"})
_YES_OR_NO: Final = {"yes": True, "no": False}


@described(AlarmPage, query=_QUERY, has_etag=True)
async def list_alarms(request: web.Request) -> web.Response:
    """Answer with a page of alarms: those that are open, or with `closed=yes` those that were."""
    limit, after = limit_of(request, MOST_LISTED), request.query.get("after", "")
    _check(request)
    if _choice(request, "closed"):
        if stray := sorted({*request.query} - _OF_CLOSED):
            raise refused_query(f"{stray[0]}: closed alarms are listed by time alone.")
        page = await request.app[ALARMS].past(after, limit)
    else:
        wanted = WantedAlarms(
            request.query.get("venue", ""),
            frozenset(request.query.getall("cause", [])),
            _choice(request, "silenced"),
            _choice(request, "acknowledged"),
        )
        page = await request.app[ALARMS].page(wanted, after, limit)
    return json_with_etag(request, page.to_json())


@described(Alarm, ProblemCode.ALARM_UNKNOWN, body=AcknowledgeAlarm)
async def acknowledge(request: web.Request) -> web.Response:
    """Have somebody see to an alarm."""
    order = await read_model(request, AcknowledgeAlarm)
    alarm = await request.app[ALARMS].acknowledge(
        request.match_info["alarm_id"], order, asking_operator(request)
    )
    return web.json_response(alarm.to_json())


@described(Silence, ProblemCode.ALARM_UNKNOWN, ProblemCode.SILENCE_REFUSED, body=SetSilence)
async def silence(request: web.Request) -> web.Response:
    """Call nobody for an alarm for a while."""
    order = await read_model(request, SetSilence)
    made = await request.app[ALARMS].silence(
        request.match_info["alarm_id"], order, asking_operator(request)
    )
    return web.json_response(made.to_json())


@described(Silence, ProblemCode.VENUE_UNKNOWN, ProblemCode.SILENCE_REFUSED, body=SetSilence)
async def silence_venue(request: web.Request) -> web.Response:
    """Call nobody for anything of a venue for a while."""
    order = await read_model(request, SetSilence)
    made = await request.app[ALARMS].silence_venue(
        request.match_info["venue_id"], order, asking_operator(request)
    )
    return web.json_response(made.to_json())


@described(SilenceList, has_etag=True)
async def list_silences(request: web.Request) -> web.Response:
    """Answer with the silences in force."""
    return json_with_etag(request, (await request.app[ALARMS].silences()).to_json())


@described(None, status=204)
async def end_silence(request: web.Request) -> web.Response:
    """Call people again."""
    await request.app[ALARMS].end_silence(request.match_info["scope"])
    return web.Response(status=204)


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get("/v1/alarms", list_alarms)
    app.router.add_post("/v1/alarms/{alarm_id}/acknowledge", acknowledge)
    app.router.add_post("/v1/alarms/{alarm_id}/silence", silence)
    app.router.add_post("/v1/venues/{venue_id}/silence", silence_venue)
    app.router.add_get("/v1/silences", list_silences)
    app.router.add_delete("/v1/silences/{scope}", end_silence)


def _check(request: web.Request) -> None:
    for name in request.query:
        if name not in _FILTERS:
            raise refused_query(f"{name}: it is none of {', '.join(sorted(_FILTERS))}.")
    for value in request.query.getall("cause", []):
        if value not in ALL_CAUSES:
            raise refused_query(f"cause: it is one of {', '.join(ALL_CAUSES)}.")


def _choice(request: web.Request, name: str) -> bool | None:
    value = request.query.get(name)
    if value is None:
        return None
    if value not in _YES_OR_NO:
        raise refused_query(f"{name}: it is yes or no.")
    return _YES_OR_NO[value]
