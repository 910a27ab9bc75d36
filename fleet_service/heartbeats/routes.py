"""`POST /v1/heartbeats`."""

from typing import Final

from aiohttp import web

from fleet_service.api.bodies import read_body
from fleet_service.api.described import described
from fleet_service.commands.routes import COMMANDS
from fleet_service.heartbeats.pace import LONGEST_REPORT, PACE, report_too_long
from fleet_service.heartbeats.service import Heartbeats
from fleet_service.sessions.routes import KIOSKS, asking_kiosk
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.problem import ProblemCode

_AS_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
HEARTBEATS: web.AppKey[Heartbeats] = web.AppKey("heartbeats", Heartbeats)


@described(HeartbeatAnswer, ProblemCode.NOT_ALLOWED, ProblemCode.TOO_MANY_REQUESTS, body=Heartbeat)
async def take_heartbeat(request: web.Request) -> web.Response:
    """Answer with the server's time, and with what operators want of the kiosk."""
    asking = await asking_kiosk(request)
    request.app[PACE].count(asking.kiosk_id)
    heartbeats = request.app[HEARTBEATS]
    body = await read_body(request, most=LONGEST_REPORT, refusal=report_too_long)
    report = heartbeats.read(asking, body)
    kiosks = request.app[KIOSKS]
    # One that has left records again if it hears that it is to stay: never by what is past.
    find = kiosks.find if report.figures.left else kiosks.recall
    kiosk = await find(asking.kiosk_id)
    answer = await heartbeats.keep(report, kiosk)
    if kiosk is not None and kiosk.commanded:
        told = await request.app[COMMANDS].tell(asking.kiosk_id)
        commands = tuple(one.to_json() for one in told)
        answer = answer.model_copy(update={"commands": commands})
    return web.Response(body=answer.model_dump_json().encode(), headers=_AS_JSON)


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_post("/v1/heartbeats", take_heartbeat)
