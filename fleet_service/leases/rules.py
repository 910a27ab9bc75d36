"""Who may have a lease. Pure."""

from datetime import datetime
from enum import StrEnum

from fleet_service.leases.records import LeaseRecord, TermRecord


class Step(StrEnum):
    """What one that wants a lease does now."""

    TAKE = "take"
    """It is free, or has ended: a new term begins."""
    RENEW = "renew"
    """It is one's own, and nobody took it meanwhile: the term goes on."""
    WAIT = "wait"


def next_step(
    lease: LeaseRecord | None, term: TermRecord | None, holder: str, now: datetime
) -> Step:
    """Return what `holder` does."""
    if lease is None or term is None:
        return Step.TAKE
    if term.holder == holder:
        return Step.RENEW
    return Step.TAKE if lease.until <= now else Step.WAIT
