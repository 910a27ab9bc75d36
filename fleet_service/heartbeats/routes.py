"""`POST /v1/heartbeats`."""

from aiohttp import web

from fleet_service.api.bodies import read_model
from fleet_service.api.described import described
from fleet_service.heartbeats.service import Heartbeats
from fleet_service.sessions.routes import KIOSKS, asking_kiosk
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.problem import ProblemCode

HEARTBEATS: web.AppKey[Heartbeats] = web.AppKey("heartbeats", Heartbeats)


@described(HeartbeatAnswer, ProblemCode.NOT_ALLOWED, body=Heartbeat)
async def take_heartbeat(request: web.Request) -> web.Response:
    """Answer with the server's time, and with what operators want of the kiosk."""
    asking = await asking_kiosk(request)
    heartbeat = await read_model(request, Heartbeat)
    kiosks = request.app[KIOSKS]
    # One that has left records again if it hears that it is to stay: never by what is past.
    find = kiosks.find if heartbeat.left else kiosks.recall
    kiosk = await find(asking.kiosk_id)
    answer = await request.app[HEARTBEATS].take(asking, heartbeat, kiosk)
    return web.json_response(answer.to_json())


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_post("/v1/heartbeats", take_heartbeat)
