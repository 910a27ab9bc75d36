"""How often one kiosk may tell something of itself: each task of the service by itself."""

from math import ceil
from typing import Final

from aiohttp import web

from fleet_service.clock import Clock
from fleet_service.operators.limits import TokenBuckets
from fleet_service.sessions.tokens import AskingKiosk
from kiosk_contracts.problem import ProblemCode, ProblemError

LONGEST_REPORT: Final = 256 * 1024
"""Bytes. A report has some 1,200, and 150,000 where every part of it is as long as it may be, in
letters that JSON escapes."""


class KioskPace:
    """A bucket for each host that proved to be a kiosk: one that was replaced mutes no other.

    An agent reports four times a minute, and never in bursts: one that fails is not repeated.
    """

    def __init__(self, clock: Clock, *, per_s: float, burst: int) -> None:
        self._buckets = TokenBuckets(clock, per_s=per_s, burst=burst)

    def count(self, asking: AskingKiosk) -> None:
        """Count what a kiosk tells; raises ProblemError 429 `too_many_requests`, Retry-After."""
        if wait_s := self._buckets.take(f"{asking.kiosk_id}/{asking.instance_id or ''}"):
            raise _too_often(asking.kiosk_id, ceil(wait_s))


PACE: web.AppKey[KioskPace] = web.AppKey("kiosk_pace", KioskPace)


def report_too_long(limit: int) -> ProblemError:
    """Return the refusal of a report that no agent makes."""
    return ProblemError(
        413,
        ProblemCode.BODY_TOO_LARGE,
        "The report is too long",
        detail=f"A report may have {limit} bytes, and this one has more; nothing of it was read.",
        hint="No agent of ours sends so much: look at what runs on this kiosk's host.",
    )


def _too_often(kiosk_id: str, seconds: int) -> ProblemError:
    return ProblemError(
        429,
        ProblemCode.TOO_MANY_REQUESTS,
        "This kiosk reports too often",
        detail=f"{kiosk_id} has told so much of itself lately; nothing of this was kept.",
        hint=f"Nothing to do for an agent: it tells again in {seconds} s. If it goes on, look at "
        "what runs on this kiosk's host, and at heartbeat_s in its agent's settings.",
        retryable=True,
        retry_after_s=seconds,
    )
