"""When a lease lets the kiosk sell: counted from the asking, on clocks that cannot be turned."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from kiosk_agent.domain.records import Lease


@dataclass(frozen=True, slots=True)
class ClockConfirmation:
    """A manager found the wall clock right."""

    boot_id: str
    at: datetime
    """The wall clock then."""
    boottime_ms: int
    """CLOCK_BOOTTIME then: time is counted by it from there, whatever the wall clock does."""
    staff_id: str


@dataclass(frozen=True, slots=True)
class Moment:
    """The host's clocks now, and the last time that the journal knows."""

    now: datetime
    boottime_ms: int
    boot_id: str
    last_recorded_at: datetime | None
    confirmed: ClockConfirmation | None = None
    """The last word of a manager; it counts in the boot that it was given in."""


class LeaseState(StrEnum):
    """Whether the serials of a lease may be sold."""

    LIVE = "live"
    ENDED = "ended"
    CLOCK_BEHIND = "clock_behind"
    """After a reboot the wall clock is behind what was recorded: nobody knows how late it is."""


def lease_state(lease: Lease, moment: Moment) -> LeaseState:
    """Say whether a lease lets the kiosk sell."""
    left = time_left(lease, moment)
    if left is None:
        return LeaseState.CLOCK_BEHIND
    return LeaseState.LIVE if left > timedelta() else LeaseState.ENDED


def time_left(lease: Lease, moment: Moment) -> timedelta | None:
    """Return how long a lease still sells, nought or less once it has ended; None: nobody knows.

    It is counted by CLOCK_BOOTTIME within the boot that asked, by the wall clock after it.
    """
    if lease.lease_s is None:
        return timedelta()
    lasts = timedelta(seconds=lease.lease_s)
    if moment.boot_id == lease.asked_boot_id:
        return lasts - timedelta(milliseconds=moment.boottime_ms - lease.asked_boottime_ms)
    confirmed = moment.confirmed
    if confirmed is not None and confirmed.boot_id == moment.boot_id:
        return _by_confirmed_clock(lease.asked_at, lasts, confirmed, moment)
    known = max(lease.asked_at, moment.last_recorded_at or lease.asked_at)
    return None if moment.now < known else lease.asked_at + lasts - moment.now


def _by_confirmed_clock(
    asked_at: datetime, lasts: timedelta, confirmed: ClockConfirmation, moment: Moment
) -> timedelta:
    """Judge by the time since a manager's word.

    What was asked for "later" than that was asked for by a clock that was ahead: it lasts no longer
    than one that was asked for just then.
    """
    elapsed = timedelta(milliseconds=moment.boottime_ms - confirmed.boottime_ms)
    return min(asked_at, confirmed.at) + lasts - (confirmed.at + elapsed)


def sells_until(leases: Iterable[Lease], moment: Moment) -> dict[UUID, datetime]:
    """Return until when each live lease sells by the present wall clock, by its allotment.

    To the minute: what is counted by two clocks would else differ at every look.
    """
    return {
        lease.allotment_id: (moment.now + left).replace(second=0, microsecond=0)
        for lease in leases
        if lease.allotment_id is not None
        and (left := time_left(lease, moment)) is not None
        and left > timedelta()
    }


def allotment_states(leases: Iterable[Lease], moment: Moment) -> dict[UUID, LeaseState]:
    """Return the state of every granted lease, by its allotment."""
    return {
        lease.allotment_id: lease_state(lease, moment)
        for lease in leases
        if lease.allotment_id is not None
    }
