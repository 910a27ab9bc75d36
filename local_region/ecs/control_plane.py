"""ECS put together: its calls, its agents' lines and its scheduler."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from local_region.clock import Clock
from local_region.ecs.lines.acs import AcsLines
from local_region.ecs.lines.door import Door
from local_region.ecs.lines.tcs import TcsLines
from local_region.ecs.places import Places
from local_region.ecs.service import ecs_service
from local_region.ecs.services.moves import Moves
from local_region.ecs.services.scheduler import Scheduler
from local_region.ecs.tasks import Tasks
from local_region.faults.faults import Faults
from local_region.identity.authentication import Authentication
from local_region.ids import Ids
from local_region.wire.service import Service

Running = Callable[[web.Application], AsyncIterator[None]]


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """`wake` is to be called when the state has changed."""

    service: Service
    routes: tuple[web.RouteDef, ...]
    running: Running
    at_shutdown: tuple[Callable[[web.Application], Awaitable[None]], ...]
    wake: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Given:
    """What ECS takes of the rest of the region."""

    places: Places
    ids: Ids
    authentication: Authentication
    clock: Clock
    faults: Faults
    keep: Callable[[], None]
    moves: Moves


def control_plane(given: Given) -> ControlPlane:
    """Put ECS together."""
    acs = AcsLines(given.places.state, given.clock, given.faults, given.keep)
    tcs = TcsLines(given.places.state, given.keep)
    tasks = Tasks(given.places, given.ids, acs)
    service = ecs_service(given.places, given.ids, acs, tasks)
    scheduler = Scheduler(given.places.state, tasks, given.moves, given.clock, given.keep)
    door = Door(given.places, given.authentication, service)
    return ControlPlane(
        service=service,
        routes=(
            web.get("/acs/ws", acs.handler(door)),
            web.get("/tcs/ws", tcs.handler(door)),
        ),
        running=scheduler.running,
        at_shutdown=(acs.close, tcs.close),
        wake=scheduler.wake,
    )
