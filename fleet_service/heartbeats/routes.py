"""`POST /v1/heartbeats`."""

from typing import Final

from aiohttp import web

from fleet_service.api.bodies import read_body
from fleet_service.api.described import described
from fleet_service.commands.routes import COMMANDS
from fleet_service.heartbeats.answers import answer_of
from fleet_service.heartbeats.pace import LONGEST_REPORT, PACE, report_too_long
from fleet_service.heartbeats.service import Heartbeats
from fleet_service.sessions.ports import RegisteredKiosk
from fleet_service.sessions.routes import KIOSKS, still_kiosk, token_holder
from kiosk_contracts.commands import CommandToRun
from kiosk_contracts.heartbeats import Heartbeat, HeartbeatAnswer
from kiosk_contracts.problem import ProblemCode

_AS_JSON: Final = {"Content-Type": "application/json; charset=utf-8"}
HEARTBEATS: web.AppKey[Heartbeats] = web.AppKey("heartbeats", Heartbeats)


@described(HeartbeatAnswer, ProblemCode.NOT_ALLOWED, ProblemCode.TOO_MANY_REQUESTS, body=Heartbeat)
async def take_heartbeat(request: web.Request) -> web.Response:
    """Answer with the server's time, and with what operators want of the kiosk."""
    app, asking = request.app, token_holder(request)
    app[PACE].count(asking)
    body = await read_body(request, most=LONGEST_REPORT, refusal=report_too_long)
    heartbeats = app[HEARTBEATS]
    # Both are asked of the store at once, and read together.
    look = heartbeats.look(asking.kiosk_id)
    try:
        kiosk: RegisteredKiosk | None = await still_kiosk(request, asking)
        report = heartbeats.read(asking, body)
        if report.figures.left:
            # It records again if it hears that it is to stay: never by what is past.
            kiosk = await app[KIOSKS].find(asking.kiosk_id)
        now = await heartbeats.keep(report, kiosk, look)
    finally:
        if look is not None:
            look.drop()
    if kiosk is not None and kiosk.commanded:
        told = await _commands(request, kiosk)
        commands = tuple(one.to_json() for one in told)
        whole = answer_of(now, kiosk).model_copy(update={"commands": commands})
        return web.Response(body=whole.model_dump_json().encode(), headers=_AS_JSON)
    return web.Response(body=heartbeats.answers.text(now, kiosk), headers=_AS_JSON)


async def _commands(request: web.Request, kiosk: RegisteredKiosk) -> tuple[CommandToRun, ...]:
    """Return what the kiosk is to do; nothing for a host that is the kiosk no more."""
    # Not as it is remembered: a command is for the host that the kiosk has now.
    now = await request.app[KIOSKS].find(kiosk.kiosk_id)
    if now is None or now.instance_id != kiosk.instance_id:
        return ()
    return await request.app[COMMANDS].tell(kiosk.kiosk_id, now.instance_id or "")


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_post("/v1/heartbeats", take_heartbeat)
