"""The UI socket: scanners, and the stream of what the agent's own one reads."""

import contextlib
from typing import Final

from aiohttp import web

from kiosk_agent.api.bodies import read_body
from kiosk_agent.api.keys import DESK
from kiosk_agent.api.ui_staff import who
from kiosk_agent.waiting import first_of
from kiosk_contracts.scanning import SCANS_TAKEN_OVER, LearnLayout

routes = web.RouteTableDef()

KEEP_ALIVE_S: Final = 10.0


@routes.get("/v1/scanner")
async def scanner(request: web.Request) -> web.Response:
    """Answer how the agent's scanner is, and the keyboard layout in force."""
    await who(request)
    return web.json_response(request.app[DESK].scanners.report().to_json())


@routes.put("/v1/scanner/layout")
async def learn(request: web.Request) -> web.Response:
    """Keep what a scan of the calibration code has shown."""
    person = await who(request)
    learnt = await read_body(request, LearnLayout)
    return web.json_response((await request.app[DESK].scanners.learn(person, learnt)).to_json())


@routes.delete("/v1/scanner/layout")
async def forget(request: web.Request) -> web.Response:
    """Read characters as what they seem again."""
    person = await who(request)
    return web.json_response((await request.app[DESK].scanners.forget(person)).to_json())


@routes.get("/v1/scans")
async def scans(request: web.Request) -> web.StreamResponse:
    """Send each scan as it comes, once, until another screen asks or either side goes away."""
    kiosk = request.app[DESK].kiosk
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    turn = kiosk.scans.begin_turn()
    # A UI that went away is no failure: the next one gets what still waits.
    with contextlib.suppress(ConnectionResetError):
        while kiosk.scans.has_turn(turn) and not kiosk.agent.is_stopping() and _is_there(request):
            seen, status_seen = kiosk.scans.changes.version, kiosk.changes.version
            scan = kiosk.scans.take(turn)
            if scan is not None:
                await response.write(f"event: scan\ndata: {scan.model_dump_json()}\n\n".encode())
                continue
            await response.write(b": keep-alive\n\n")
            await first_of(
                kiosk.scans.changes.beyond(seen),
                # The agent's stopping is told by these.
                kiosk.changes.beyond(status_seen),
                kiosk.clock.sleep(KEEP_ALIVE_S),
            )
        if not kiosk.scans.has_turn(turn):
            await response.write(f"event: {SCANS_TAKEN_OVER}\ndata: {{}}\n\n".encode())
    return response


def _is_there(request: web.Request) -> bool:
    """Say whether the other side still listens, as far as is known: its scans are not for us."""
    return request.transport is not None and not request.transport.is_closing()
