"""An update lock: a promise that a kiosk's screen moves to no other image before its end."""

from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, SecretStr, StringConstraints

from kiosk_contracts.ids import StaffId
from kiosk_contracts.plain_text import plain
from kiosk_contracts.text import PlainName
from kiosk_contracts.wire import WireModel

LONGEST_WHY: Final = 200
COMMAND_LINE: Final = "command line"
"""Who set or lifted one where no person of the roster did."""


def _in_whole_seconds(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        msg = "the time is not one of this calendar; give one of the next hours"
        raise ValueError(msg) from None


Until = Annotated[AwareDatetime, AfterValidator(_in_whole_seconds)]
"""In UTC, in whole seconds."""
Why = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_WHY),
    AfterValidator(plain),
]


class UpdateLock(WireModel):
    """Until its end the kiosk's screen stays with the image that has it, while that one answers."""

    until: Until
    why: Why
    by: PlainName
    """The name of the manager who set it, or `COMMAND_LINE`."""
    by_id: StaffId | None = None
    """Of that manager; None where it was set on the command line."""


class SetUpdateLock(WireModel):
    """Set one, in place of the one before."""

    until: Until
    why: Why
    approval_pin: SecretStr | None = None
    """A manager's PIN, where the person signed in is not one."""


class LiftUpdateLock(WireModel):
    """Let an update come now. Where there is no lock nothing changes."""

    approval_pin: SecretStr | None = None


class UpdateLockState(WireModel):
    """How it is after a question or an act."""

    update_lock: UpdateLock | None = None
    """The one in force; None if none is."""
    before: UpdateLock | None = None
    """The one that was in force before the act."""
