"""The supervisor's socket, for root alone."""

from typing import Any, Final

from aiohttp import web

from kiosk_agent import AGENT_VERSION
from kiosk_agent.supervisor.services.repairing import Repairing
from kiosk_agent.supervisor.services.signing import Signing
from kiosk_agent.supervisor.services.steering import Steering

SIGNING: Final = web.AppKey("signing", Signing)
STEERING: Final = web.AppKey("steering", Steering)
REPAIRING: Final = web.AppKey("repairing", Repairing)
MOST_WAIT_S: Final = 60
routes = web.RouteTableDef()


def build_app(signing: Signing, steering: Steering, repairing: Repairing) -> web.Application:
    """Put the application together."""
    app = web.Application()
    app[SIGNING] = signing
    app[STEERING] = steering
    app[REPAIRING] = repairing
    app.router.add_routes(routes)
    return app


@routes.get("/v1/status")
async def status(request: web.Request) -> web.Response:
    """Answer how the supervisor stands."""
    signing, repairing = request.app[SIGNING], request.app[REPAIRING]
    told: dict[str, Any] = {
        "version": AGENT_VERSION,
        "agent_away": signing.agent_away,
        "refusal": signing.refusal,
        "signed_at": signing.signed_at.isoformat() if signing.signed_at else None,
        "needs_repair": dict(repairing.needs),
        "repairs": [one.to_json() for one in repairing.repairs],
    }
    return web.json_response(told)


@routes.get("/v1/decisions")
async def decisions(request: web.Request) -> web.Response:
    """Answer what was decided lately about screen and host, the oldest first."""
    kept = request.app[STEERING].decisions.kept
    return web.json_response({"decisions": [one.to_json() for one in kept]})


@routes.get("/v1/shown")
async def shown(request: web.Request) -> web.Response:
    """Answer which container is on the screen, as soon as it is not `known`, or after `wait_s`."""
    known, waits = request.query.get("known", ""), request.query.get("wait_s", "0")
    wait_s = min(int(waits), MOST_WAIT_S) if waits.isascii() and waits.isdigit() else 0
    found = await request.app[STEERING].shown(known, wait_s)
    return web.json_response({"container_id": found})
