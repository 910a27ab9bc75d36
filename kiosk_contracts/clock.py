"""A manager confirms the kiosk's clock, where nothing else can tell whether it is right."""

from pydantic import AwareDatetime, SecretStr

from kiosk_contracts.ids import StaffId
from kiosk_contracts.wire import WireModel


class ConfirmClock(WireModel):
    """The time that the kiosk showed is right, by a manager's watch."""

    device_time: AwareDatetime
    """What was shown and compared."""
    approval_pin: SecretStr | None = None
    """A manager's PIN, where the person signed in is not one."""


class ClockConfirmed(WireModel):
    """The clock counts from here on, until the next reboot."""

    device_time: AwareDatetime
    confirmed_by: StaffId
    confirmed_by_name: str = ""
