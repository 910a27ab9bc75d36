"""Liveness and readiness."""

import asyncio
from enum import StrEnum

from fleet_service.clock import Clock
from fleet_service.relay.breaker import Breaker, Circuit
from fleet_service.relay.path import path_trouble
from fleet_service.relay.ports import Upstream


class Liveness(StrEnum):
    """What `/healthz` says."""

    OK = "ok"
    DRAINING = "draining"


class Health:
    """Asks the ticket API at most once every `cache_s` seconds, however many ask us."""

    def __init__(
        self, upstream: Upstream, clock: Clock, breaker: Breaker, *, cache_s: float
    ) -> None:
        self.liveness = Liveness.OK
        self._upstream = upstream
        self._clock = clock
        self._breaker = breaker
        self._cache_s = cache_s
        self._asking = asyncio.Lock()
        self._known_until = float("-inf")
        self._trouble = ""

    @property
    def circuit(self) -> Circuit:
        """Return whether kiosks' requests go on to the ticket API."""
        return self._breaker.circuit

    async def trouble(self) -> str:
        """Return why this process is not ready, in words; empty if it is."""
        if self.liveness is Liveness.DRAINING:
            return "This process is stopping."
        if self.circuit is Circuit.OPEN:
            return "The ticket API did not answer kiosks several times in a row."
        async with self._asking:
            if self._clock.monotonic() >= self._known_until:
                self._trouble = await path_trouble(self._upstream)
                self._known_until = self._clock.monotonic() + self._cache_s
            return self._trouble
