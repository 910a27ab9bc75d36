"""`GET /healthz`, `GET /readyz`, `GET /metrics`."""

from aiohttp import web

from fleet_service.api.described import described
from fleet_service.health.service import Health
from fleet_service.metrics import METRICS
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
    return web.Response(
        body=request.app[METRICS].text(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
