"""Seeded faults around the Fleet port: what a line does to calls and to their answers."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from kiosk_agent.ports.clock import Clock
from kiosk_agent.ports.fleet import Fleet, FleetError
from kiosk_contracts.allotments import Allotment, AllotmentRequest
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.uploads import ItemOutcome

T = TypeVar("T")


class Fault(StrEnum):
    """One way in which a call goes wrong."""

    REFUSED = "refused"
    """Nothing listens."""
    HANG = "hang"
    """No answer comes; the far side did not get it."""
    HANG_AFTER_COMMIT = "hang_after_commit"
    """No answer comes; the far side has done it."""
    RESET_AFTER_COMMIT = "reset_after_commit"
    SERVER_ERROR = "server_error"
    """A 5xx before anything was done."""
    SERVER_ERROR_AFTER_COMMIT = "server_error_after_commit"
    BUSY = "busy"
    """A 503 with Retry-After."""
    TRUNCATED = "truncated"
    """Done, but the answer breaks off: an outcome is missing."""
    DUPLICATED = "duplicated"
    """Delivered twice; the second answer comes."""
    REORDERED = "reordered"
    """Done, and the outcomes stand in another order."""


_SILENT_S = 30.0
_COMMITS = frozenset(
    {
        Fault.HANG_AFTER_COMMIT,
        Fault.RESET_AFTER_COMMIT,
        Fault.SERVER_ERROR_AFTER_COMMIT,
        Fault.TRUNCATED,
        Fault.REORDERED,
    }
)
_HANGS = frozenset({Fault.HANG, Fault.HANG_AFTER_COMMIT})


class FaultyFleet:
    """A Fleet whose uploads and requests for stock go wrong, by a seed, so many times each.

    All other calls are the decorated fleet's.
    """

    def __init__(
        self, fleet: Fleet, clock: Clock, seed: int, *, faults: Sequence[Fault], times: int
    ) -> None:
        self._fleet = fleet
        self._clock = clock
        self._chance = random.Random(seed)
        self._faults = tuple(faults)
        self.uploads_left = self.requests_left = times
        """How many calls are still to go wrong."""
        self.fired: Counter[Fault] = Counter()
        self.catalogue = fleet.catalogue
        self.open_session = fleet.open_session
        self.journal_head = fleet.journal_head
        self.gate_feed = fleet.gate_feed
        self.keys = fleet.keys
        self.heartbeat = fleet.heartbeat
        self.server_offset_ms = fleet.server_offset_ms
        self.last_contact_at = fleet.last_contact_at

    async def upload(
        self, journal_id: UUID, items: Sequence[dict[str, Any]]
    ) -> Sequence[ItemOutcome]:
        """Send transactions through the faults."""

        def call() -> Awaitable[Sequence[ItemOutcome]]:
            return self._fleet.upload(journal_id, items)

        if not self.uploads_left or self._is_lucky():
            return await call()
        self.uploads_left -= 1
        return await self._spoil(call, spoilt=_SPOILT)

    async def request_allotment(self, request: AllotmentRequest) -> Allotment:
        """Ask for stock through the faults."""

        def call() -> Awaitable[Allotment]:
            return self._fleet.request_allotment(request)

        if not self.requests_left or self._is_lucky():
            return await call()
        self.requests_left -= 1
        return await self._spoil(call)

    def _is_lucky(self) -> bool:
        # Two calls of three go wrong until the faults are used up, so that a call meets several.
        return self._chance.random() > _SHARE

    async def _spoil(
        self,
        call: Callable[[], Awaitable[T]],
        spoilt: "Mapping[Fault, Callable[[T], T]] | None" = None,
    ) -> T:
        fault = self._chance.choice(self._faults)
        self.fired[fault] += 1
        if spoilt and fault in spoilt:
            # The answer is there, and wrong: the uploader has to see it.
            return spoilt[fault](await call())
        if fault is Fault.DUPLICATED:
            await call()
            return await call()
        if fault in _COMMITS:
            await call()
        if fault in _HANGS:
            await self._clock.sleep(_SILENT_S)
        raise _error(fault)


_SHARE = 2 / 3
_SPOILT: Mapping[Fault, Callable[[Sequence[ItemOutcome]], Sequence[ItemOutcome]]] = {
    Fault.TRUNCATED: lambda outcomes: outcomes[:-1],
    Fault.REORDERED: lambda outcomes: [*outcomes[1:], *outcomes[:1]],
}
"""A batch of one has no other order: it settles."""


def _error(fault: Fault) -> FleetError:
    """Return what the adapter makes of a fault."""
    match fault:
        case Fault.REFUSED:
            return _down("nothing listens there")
        case Fault.RESET_AFTER_COMMIT:
            return _down("the connection was reset")
        case Fault.HANG | Fault.HANG_AFTER_COMMIT:
            return _timeout()
        case Fault.SERVER_ERROR | Fault.SERVER_ERROR_AFTER_COMMIT:
            return _failed()
        case Fault.BUSY:
            return _failed(retry_after_s=20)
        case Fault.TRUNCATED | Fault.REORDERED | Fault.DUPLICATED:
            return _garbage(f"the answer is {fault}")


def _down(detail: str) -> FleetError:
    return FleetError(ProblemCode.LINE_DOWN, detail, retryable=True, line_down=True)


def _timeout() -> FleetError:
    return FleetError(
        ProblemCode.LINE_TIMEOUT,
        "no answer in time",
        retryable=True,
        line_down=True,
    )


def _failed(retry_after_s: float | None = None) -> FleetError:
    return FleetError(
        ProblemCode.UPSTREAM_FAILED,
        "it failed over there",
        retryable=True,
        retry_after_s=retry_after_s,
        status=503,
    )


def _garbage(detail: str) -> FleetError:
    return FleetError(ProblemCode.UPSTREAM_GARBAGE, detail, retryable=True)
