"""The kiosk's clock after a reboot without a line: a manager says whether it is right."""

from datetime import timedelta
from typing import Final

import structlog

from kiosk_agent.domain import refusals
from kiosk_agent.domain.leases import ClockConfirmation
from kiosk_agent.domain.people import StaffMember
from kiosk_agent.services.kiosk import Kiosk
from kiosk_contracts.clock import ClockConfirmed, ConfirmClock

log = structlog.get_logger(__name__)

_TYPING_A_PIN: Final = timedelta(minutes=5)
"""How much later than shown it may be by the time a PIN was typed."""


class Clocks:
    """Takes a manager's word for the time."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    def check_shown(self, request: ConfirmClock) -> None:
        """Raise ProblemError `clock_differs` if the clock is not about where it was shown."""
        now = self._kiosk.clock.now()
        if abs(now - request.device_time) > _TYPING_A_PIN:
            raise refusals.clock_differs(now)

    async def confirm(self, approver: StaffMember) -> ClockConfirmed:
        """Remember for this boot that the clock is right; leases are judged from it. Idempotent."""
        clock = self._kiosk.clock
        confirmation = ClockConfirmation(
            boot_id=clock.boot_id(),
            at=clock.now(),
            boottime_ms=clock.boottime_ms(),
            staff_id=approver.staff_id,
        )
        await self._kiosk.journal.write(lambda writer: writer.put_clock_confirmation(confirmation))
        log.info("clock_confirmed", staff_id=approver.staff_id, device_time=str(confirmation.at))
        self._kiosk.changes.notify()
        return ClockConfirmed(
            device_time=confirmation.at,
            confirmed_by=approver.staff_id,
            confirmed_by_name=approver.name,
        )
