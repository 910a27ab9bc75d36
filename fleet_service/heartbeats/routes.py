"""`POST /v1/heartbeats`."""

from typing import Final

from aiohttp import web

from fleet_service.api.bodies import read_body
from fleet_service.api.described import described
from fleet_service.commands.routes import COMMANDS
from fleet_service.heartbeats.service import Heartbeats
from fleet_service.sessions.ports import RegisteredKiosk
from fleet_service.sessions.routes import KIOSKS, asking_kiosk
from fleet_service.sessions.tokens import AskingKiosk
from kiosk_contracts.commands import CommandToRun
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.problem import ProblemCode

_AS_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
HEARTBEATS: web.AppKey[Heartbeats] = web.AppKey("heartbeats", Heartbeats)


@described(HeartbeatAnswer, ProblemCode.NOT_ALLOWED, body=Heartbeat)
async def take_heartbeat(request: web.Request) -> web.Response:
    """Answer with the server's time, and with what operators want of the kiosk."""
    asking = await asking_kiosk(request)
    heartbeats = request.app[HEARTBEATS]
    report = heartbeats.read(asking, await read_body(request))
    kiosks = request.app[KIOSKS]
    # One that has left records again if it hears that it is to stay: never by what is past.
    find = kiosks.find if report.figures.left else kiosks.recall
    kiosk = await find(asking.kiosk_id)
    answer = await heartbeats.keep(report, kiosk)
    if kiosk is not None and kiosk.commanded:
        told = await _commands(request, asking, kiosk)
        commands = tuple(one.to_json() for one in told)
        answer = answer.model_copy(update={"commands": commands})
    return web.Response(body=answer.model_dump_json().encode(), headers=_AS_JSON)


async def _commands(
    request: web.Request, asking: AskingKiosk, kiosk: RegisteredKiosk
) -> tuple[CommandToRun, ...]:
    """Return what the kiosk is to do; nothing for a host that is the kiosk no more."""
    # Not as it is remembered: a command is for the host that the kiosk has now.
    now = await request.app[KIOSKS].find(asking.kiosk_id)
    if now is None or now.instance_id != kiosk.instance_id:
        return ()
    return await request.app[COMMANDS].tell(asking.kiosk_id, now.instance_id or "")


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_post("/v1/heartbeats", take_heartbeat)
