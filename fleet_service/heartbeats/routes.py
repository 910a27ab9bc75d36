"""`POST /v1/heartbeats`."""

from typing import Final

from aiohttp import web

from fleet_service.heartbeats.service import Heartbeats
from fleet_service.sessions.routes import KIOSKS, asking_kiosk

_AS_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
HEARTBEATS: web.AppKey[Heartbeats] = web.AppKey("heartbeats", Heartbeats)


async def take_heartbeat(request: web.Request) -> web.Response:
    """Answer with the server's time, and with what operators want of the kiosk."""
    asking = await asking_kiosk(request)
    heartbeats = request.app[HEARTBEATS]
    report = heartbeats.read(asking, await request.read())
    kiosks = request.app[KIOSKS]
    # One that has left records again if it hears that it is to stay: never by what is past.
    find = kiosks.find if report.figures.left else kiosks.recall
    answer = await heartbeats.keep(report, await find(asking.kiosk_id))
    return web.Response(body=answer.model_dump_json().encode(), headers=_AS_JSON)


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_post("/v1/heartbeats", take_heartbeat)
