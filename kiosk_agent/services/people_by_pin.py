"""Who a PIN belongs to."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import structlog

from kiosk_agent.domain import refusals_staff
from kiosk_agent.domain.people import StaffMember
from kiosk_agent.ports.pins import PinHashes
from kiosk_agent.services.pin_tries import PinTries

log = structlog.get_logger(__name__)
_AT_ONCE: Final = 4
"""Hashes that are tried at a time, 16 MiB each."""


class PeopleByPin:
    """Finds people by their PIN, each try counted."""

    def __init__(self, pins: PinHashes, tries: PinTries) -> None:
        self._pins = pins
        self._tries = tries

    async def whose(
        self, pin: str, members: Sequence[StaffMember], beside: Sequence[StaffMember] = ()
    ) -> StaffMember | None:
        """Return who of the members has the PIN; ProblemError `pin_locked`, `pin_of_several`.

        All are looked at, those `beside` too: who happens to stand first must not act under
        another's name, nor anybody approve by a PIN that is also their own.
        """
        everybody = [*members, *(one for one in beside if one not in members)]

        def find() -> Sequence[StaffMember] | None:
            having = self._having(pin, everybody)
            return having if any(one in members for one in having) else None

        found = await self._tries.judge(lambda: asyncio.to_thread(find))
        if found is None:
            return None
        if len(found) > 1:
            log.warning("pin_of_several", staff_ids=[one.staff_id for one in found])
            raise refusals_staff.pin_of_several()
        return found[0]

    async def known(self, pin: str, members: Sequence[StaffMember]) -> StaffMember:
        """Return who of a roster has the PIN.

        Raises ProblemError `pin_wrong`, `pin_locked`, `pin_of_several`, and `roster_missing`
        (retryable) where nobody is on it.
        """
        if not members:
            raise refusals_staff.no_roster()
        member = await self.whose(pin, members)
        if member is None:
            raise refusals_staff.pin_wrong()
        return member

    def _having(self, pin: str, members: Sequence[StaffMember]) -> Sequence[StaffMember]:
        """Return all who have the PIN. Argon2 lets threads work at once."""
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            fits = pool.map(lambda one: self._pins.fits(one.pin_hash, pin), members)
            return [one for one, fit in zip(members, fits, strict=True) if fit]
