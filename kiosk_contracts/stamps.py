"""When something was recorded, by clocks that may be wrong."""

from pydantic import AwareDatetime, Field

from kiosk_contracts.ids import StaffId
from kiosk_contracts.wire import WireModel


class Stamp(WireModel):
    """The clocks of the venue host at the moment of recording."""

    device_time: AwareDatetime
    """Wall clock of the host, UTC."""
    boot_id: str
    """`/proc/sys/kernel/random/boot_id`: which boot the next field counts from."""
    boottime_ms: int = Field(ge=0)
    """CLOCK_BOOTTIME in milliseconds; runs on in suspend, never jumps."""
    server_offset_ms: int | None = None
    """Server time less device time, as last learnt from the fleet service; None if never."""
    clock_confirmed_by: StaffId | None = None
    """The manager who found the clock right in this boot; None where nobody was asked."""
