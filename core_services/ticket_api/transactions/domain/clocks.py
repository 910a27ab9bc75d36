"""When something happened, as far as the kiosk's clocks can tell."""

from datetime import UTC, datetime, timedelta

from core_services.ticket_api.transactions.domain.decision import Known
from kiosk_contracts.flags import Flag
from kiosk_contracts.stamps import Stamp


def happened_at(stamp: Stamp) -> datetime:
    """Return the device's time in UTC, set right by what it knew of the server's clock."""
    try:
        offset = timedelta(milliseconds=stamp.server_offset_ms or 0)
        return (stamp.device_time + offset).astimezone(UTC)
    except OverflowError:
        return stamp.device_time


def of_stamp(stamp: Stamp, known: Known) -> tuple[str, ...]:
    """Return what a person should know of the clock that recorded something."""
    confirmed = () if stamp.clock_confirmed_by is None else (Flag.CLOCK_CONFIRMED,)
    return (*ahead(stamp, known), *confirmed)


def ahead(stamp: Stamp, known: Known) -> tuple[str, ...]:
    """Return the flag of a clock that is ahead of ours, or nothing."""
    if happened_at(stamp) - known.now > known.rules.clock_tolerance:
        return (Flag.CLOCK_AHEAD,)
    return ()
