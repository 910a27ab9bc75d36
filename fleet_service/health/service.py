"""Liveness and readiness."""

import asyncio
from enum import StrEnum

from fleet_service.clock import Clock
from fleet_service.relay.judging import from_error
from fleet_service.relay.ports import AnswerTooLargeError, Upstream, UpstreamError


class Liveness(StrEnum):
    """What `/healthz` says."""

    OK = "ok"
    DRAINING = "draining"


class Health:
    """Asks the ticket API at most once every `cache_s` seconds, however many ask us."""

    def __init__(self, upstream: Upstream, clock: Clock, *, cache_s: float) -> None:
        self.liveness = Liveness.OK
        self._upstream = upstream
        self._clock = clock
        self._cache_s = cache_s
        self._asking = asyncio.Lock()
        self._known_until = float("-inf")
        self._trouble = ""

    async def trouble(self) -> str:
        """Return why this process is not ready, in words; empty if it is."""
        if self.liveness is Liveness.DRAINING:
            return "This process is stopping."
        async with self._asking:
            if self._clock.monotonic() >= self._known_until:
                self._trouble = await self._ask()
                self._known_until = self._clock.monotonic() + self._cache_s
            return self._trouble

    async def _ask(self) -> str:
        try:
            answer = await self._upstream.send("GET", "/healthz", {"Accept": "*/*"}, b"")
        except UpstreamError as error:
            return str(from_error(error))
        except AnswerTooLargeError:
            return "What answers at the ticket API's address is not the ticket API."
        if answer.status != 200:  # noqa: PLR2004  healthy
            return f"The ticket API's /healthz answers {answer.status}."
        return ""
