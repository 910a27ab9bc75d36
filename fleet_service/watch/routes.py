"""`GET /metrics/fleet`: figures of the whole fleet, from the store."""

import asyncio
from typing import Final

from aiohttp import web

from cloud_store.workspace import Workspace
from fleet_service.admission import STORE
from fleet_service.alarms.routes import ALARMS
from fleet_service.api.described import described
from fleet_service.clock import Clock
from fleet_service.instances.records import WATCH, WatchRecord
from fleet_service.instances.routes import INSTANCES
from fleet_service.shared import MadeTogether
from fleet_service.watch.figures import FleetFigures

CLOCK: web.AppKey[Clock] = web.AppKey("clock", Clock)
MADE_FOR_S: Final = 3.0
"""However many scrape, they are made no oftener."""
_TEXT: Final = web.AppKey("fleet_figures", MadeTogether[bytes])


@described("text/plain")
async def fleet_metrics(request: web.Request) -> web.Response:
    """Answer in Prometheus' text form. Where the store is away it answers 503, not old figures."""
    return web.Response(
        body=await request.app[_TEXT].get(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )


def prepare_figures(app: web.Application) -> None:
    """Give the app its figures; what they are made of is there when they are asked for."""

    async def make() -> bytes:
        figures = FleetFigures(
            await app[INSTANCES].snapshot(),
            await app[ALARMS].open_now(),
            await Workspace(app[STORE]).fetch(WatchRecord, WATCH),
            app[CLOCK].now(),
        )
        # In a thread: with thousands of kiosks others would wait for most of a second.
        return await asyncio.to_thread(figures.text)

    app[_TEXT] = MadeTogether(app[CLOCK], make, for_s=MADE_FOR_S)


def add_routes(app: web.Application) -> None:
    """Add this feature's routes."""
    app.router.add_get("/metrics/fleet", fleet_metrics)
