"""Composes the relay: the way to the ticket API, who may take it when, and whether it is there."""

import random
from collections.abc import AsyncIterator
from typing import Self

from aiohttp import web

from fleet_service.admission import STORE
from fleet_service.clock import Clock
from fleet_service.health.routes import HEALTH
from fleet_service.health.service import Health
from fleet_service.metrics import METRICS
from fleet_service.places import PlaceRules
from fleet_service.relay.figures import RelayFigures
from fleet_service.relay.path import Path
from fleet_service.relay.ports import Signer
from fleet_service.relay.routes import RELAY
from fleet_service.relay.service import Relay, RelayRules
from fleet_service.relay.sigv4 import SigV4Signer
from fleet_service.relay.upstream import PooledUpstream
from fleet_service.settings import FleetSettings


class Relaying:
    """`open` has it there while an app runs; the store, where there is one, is open before it."""

    def __init__(self, settings: FleetSettings, clock: Clock, upstream: PooledUpstream) -> None:
        self._settings = settings
        self._clock = clock
        self._upstream = upstream

    @classmethod
    async def prepare(cls, settings: FleetSettings, clock: Clock) -> Self:
        """Find what requests are signed with; raises NoCredentialsError."""
        upstream = PooledUpstream(
            str(settings.ticket_api_url),
            timeout_s=settings.relay_timeout_s,
            connect_timeout_s=settings.relay_connect_timeout_s,
            connections=settings.relay_connections,
            answer_limit=settings.body_limit_bytes,
            signer=await _signer(settings),
        )
        return cls(settings, clock, upstream)

    def add_to(self, app: web.Application) -> None:
        """Give the app its relay, and what tells of it."""
        rules = _rules(self._settings)
        relay = Relay(self._upstream, app[METRICS], self._clock, rules, random.random)
        app[RELAY] = relay
        cache_s = self._settings.ready_cache_s
        app[HEALTH] = Health(self._upstream, self._clock, relay.breaker, cache_s=cache_s)

    async def open(self, app: web.Application) -> AsyncIterator[None]:
        """Have connections, and try the way, while the app runs."""
        path = Path(self._upstream, self._clock, app.get(STORE))
        app[METRICS].register(RelayFigures(app[RELAY], path))
        async with self._upstream, path.trying(self._settings.path_every_s):
            yield


def _rules(settings: FleetSettings) -> RelayRules:
    return RelayRules(
        places=PlaceRules(
            whole=settings.relay_connections,
            each=settings.relay_per_kiosk,
            waiting=settings.relay_waiting,
            wait_s=settings.relay_wait_s,
        ),
        held_bytes=settings.relay_held_bytes,
        failures=settings.relay_failures,
        open_s=settings.relay_open_s,
        slow_s=settings.relay_slow_s,
    )


async def _signer(settings: FleetSettings) -> Signer | None:
    if settings.sigv4_region is None:
        return None
    return await SigV4Signer.from_usual_chain(settings.sigv4_region)
