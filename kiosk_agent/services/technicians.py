"""Who may examine the host: asked by the console, which is the host's own."""

import structlog

from kiosk_agent.domain import refusals_staff
from kiosk_agent.domain.people import examines_the_host
from kiosk_agent.ports.pins import PinHashes
from kiosk_agent.services.known_staff import StaffView
from kiosk_agent.services.people_by_pin import PeopleByPin
from kiosk_agent.services.pin_tries import PinTries
from kiosk_contracts.staff import StaffRole, Technician

log = structlog.get_logger(__name__)


class Technicians:
    """Lets a technician or a manager in by their PIN; wrong ones count as they do at the kiosk."""

    def __init__(self, roster: StaffView, pins: PinHashes, tries: PinTries) -> None:
        self._roster = roster
        self._people = PeopleByPin(pins, tries)

    async def let_in(self, pin: str) -> Technician:
        """Return who it is.

        Raises ProblemError `pin_wrong`, `pin_locked`, `pin_of_several`, `role_too_low`, and
        `roster_missing` (retryable).
        """
        member = await self._people.known(pin, self._roster.members)
        if not examines_the_host(member):
            log.warning("technician_refused", staff_id=member.staff_id, role=member.role)
            raise refusals_staff.role_too_low(StaffRole.TECHNICIAN)
        log.info("technician_let_in", staff_id=member.staff_id, role=member.role)
        return Technician(staff_id=member.staff_id, name=member.name)
