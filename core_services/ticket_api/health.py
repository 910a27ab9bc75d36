"""Whether the ticket API lives, and whether it can serve."""

from dataclasses import dataclass

from aiohttp import web

from cloud_store.port import Key, Store, StoreError
from core_services.ticket_api.api.tokens import TOKEN_GATE

STORE = web.AppKey("store", Store)


@dataclass
class Phase:
    """Where the process stands in its life."""

    draining: bool = False
    """After SIGTERM: requests at hand finish, new ones should go elsewhere."""


PHASE = web.AppKey("phase", Phase)


async def get_healthz(request: web.Request) -> web.Response:
    """Answer `GET /healthz`: alive, also while draining."""
    status = "draining" if request.app[PHASE].draining else "ok"
    return web.json_response({"status": status})


async def get_readyz(request: web.Request) -> web.Response:
    """Answer `GET /readyz`: 200 once kiosks can be served, else 503 and why not."""
    reasons = await _reasons(request.app)
    status = "not ready" if reasons else "ready"
    return web.json_response({"status": status, "reasons": reasons}, status=503 if reasons else 200)


async def _reasons(app: web.Application) -> list[str]:
    reasons = []
    if app[PHASE].draining:
        reasons.append("draining")
    if not app[TOKEN_GATE].knows_the_fleet():
        reasons.append("the fleet service's public keys have not been set up")
    try:
        await app[STORE].get(Key("ready", "ready"))
    except StoreError as error:
        reasons.append(str(error))
    return reasons
