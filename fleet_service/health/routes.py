"""`GET /healthz`, `GET /readyz`, `GET /metrics`."""

import asyncio

from aiohttp import web

from fleet_service.api.described import described
from fleet_service.health.service import Health
from fleet_service.metrics import METRICS
from fleet_service.operators.addresses import is_on_loopback
from fleet_service.operators.gate import OPS_GATE
from kiosk_contracts.problem import ProblemCode, ProblemError
from kiosk_contracts.wire import WireModel

HEALTH: web.AppKey[Health] = web.AppKey("health", Health)


class Alive(WireModel):
    """How this process is."""

    status: str
    """`ok`, `draining` or `ready`."""


@described(Alive)
async def healthz(request: web.Request) -> web.Response:
    """Say that this process lives: `ok` or `draining`."""
    return web.json_response({"status": request.app[HEALTH].liveness.value})


@described(Alive, ProblemCode.UPSTREAM_FAILED)
async def readyz(request: web.Request) -> web.Response:
    """Answer 200 when requests can be relayed, else 503 with the reason."""
    health = request.app[HEALTH]
    trouble = await health.trouble()
    # Whether the relay asks it, which is not the same as whether it is well.
    circuit = {"ticket_api_circuit": health.circuit.value}
    if trouble:
        raise ProblemError(
            503,
            ProblemCode.UPSTREAM_FAILED,
            "Not ready",
            detail=trouble,
            retryable=True,
            extra={**circuit},
        )
    return web.json_response({"status": "ready", **circuit})


@described("text/plain")
async def metrics(request: web.Request) -> web.Response:
    """Answer in Prometheus' text form."""
    _refuse_strangers(request)
    return web.Response(
        # In a thread: without a store it has a line for each figure of each kiosk.
        body=await asyncio.to_thread(request.app[METRICS].text),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


def _refuse_strangers(request: web.Request) -> None:
    """Raise ProblemError 401 where there are no operators, and so nobody else to ask."""
    if OPS_GATE not in request.app and not is_on_loopback(request):
        raise ProblemError(
            401,
            ProblemCode.TOKEN_MISSING,
            "Without a store figures are told on this machine alone",
            detail="Operators' tokens are kept in the store, and this fleet service has none.",
            hint="Ask http://127.0.0.1 on its machine, or set state_file or store_table and ask "
            "with a viewer's token.",
        )


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
