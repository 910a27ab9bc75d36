"""Composes releases and moves: who makes them, who tells ECS, who goes on with them."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import structlog
from aiohttp import web

from fleet_service.admission import COMPLETING, FIRST_MOVER, STORE
from fleet_service.clock import Clock
from fleet_service.leases.service import StoredLease
from fleet_service.releases.ecs_hosts import AttributeMover, EcsHosts, TaskMover
from fleet_service.releases.ecs_looking import OrderLooker
from fleet_service.releases.ecs_making import EcsReleases
from fleet_service.releases.finishing import Finishing
from fleet_service.releases.making import Releases
from fleet_service.releases.ordering import Moves
from fleet_service.releases.ports import Mover
from fleet_service.releases.records import MOVES_LEASE, OPEN_RELEASES
from fleet_service.releases.routes import MOVES, RELEASES, add_routes
from fleet_service.releases.tending import Tending
from fleet_service.releases.working import MoveWorker
from fleet_service.settings import FleetSettings

log = structlog.get_logger()


class Releasing:
    """`open` has it there while an app runs; the store is open before it."""

    def __init__(self, settings: FleetSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def add_routes(self, app: web.Application) -> None:
        """Add what operators may ask."""
        add_routes(app)

    async def open(self, app: web.Application) -> AsyncIterator[None]:
        """Give the app its releases and moves, and go on with moves whenever no other task does."""
        store, clock, settings = app[STORE], self._clock, self._settings
        async with AsyncExitStack() as stack:
            clusters = settings.swept_clusters
            if not clusters:
                app[RELEASES] = Releases(store, clock, None)
                app[MOVES] = Moves(store, clock)
                yield
                return
            hosts = await stack.enter_async_context(EcsHosts(clusters, clock))
            services = settings.mover == "attribute"
            maker = EcsReleases(hosts, clusters, services=services)
            finishing = Finishing(store, clock, maker, settings.first_release)
            app[COMPLETING] = finishing
            app[RELEASES] = Releases(store, clock, finishing, maker.places)
            lease = StoredLease(store, clock, MOVES_LEASE, lasts_s=settings.moves_lease_s)
            await stack.enter_async_context(lease.keeping())
            mover = self._mover(hosts)
            app[MOVES] = Moves(store, clock, OrderLooker(hosts))
            if not services:
                app[FIRST_MOVER] = mover
            tending = Tending(store, clock, lease, mover, finishing)
            for worker in (
                MoveWorker(store, lease, tending),
                MoveWorker(store, lease, finishing, partition=OPEN_RELEASES),
            ):
                await stack.enter_async_context(worker.working(settings.move_every_s))
            yield

    def _mover(self, hosts: EcsHosts) -> Mover:
        match self._settings.mover:
            case "attribute":
                return AttributeMover(hosts)
            case "tasks":
                return TaskMover(hosts)
