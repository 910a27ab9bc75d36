"""Who may work here: by the synced roster, or by the kiosk's own file until there is one."""

from typing import Final, Protocol

from kiosk_agent.domain.people import Roster, StaffMember, members_of
from kiosk_contracts.roster import VenueRoster


class StaffView(Protocol):
    """The roster in force."""

    @property
    def members(self) -> tuple[StaffMember, ...]:
        """Everybody who may work here now."""
        ...

    def find(self, staff_id: str) -> StaffMember | None:
        """Return a person by id, or None if they are not on the roster any more."""
        ...


NOBODY: Final[StaffView] = Roster(())
"""Where nobody's name is asked for."""


def name_of(staff: StaffView, staff_id: str) -> str:
    """Return a person's name, or the id of one who is on the roster no more."""
    member = staff.find(staff_id)
    return member.name if member else staff_id


class KnownStaff:
    """A StaffView that changes with the synced roster."""

    def __init__(self, file: Roster) -> None:
        self._now = file

    @property
    def members(self) -> tuple[StaffMember, ...]:
        """As StaffView."""
        return self._now.members

    def find(self, staff_id: str) -> StaffMember | None:
        """As StaffView."""
        return self._now.find(staff_id)

    def learn(self, synced: VenueRoster | None) -> None:
        """Go by a synced roster from now on; one that nobody has set changes nothing."""
        if synced is not None and synced.version and synced.members:
            self._now = members_of(synced)
