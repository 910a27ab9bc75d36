"""Who may do what at a kiosk."""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk_agent.domain import refusals_staff
from kiosk_contracts.roster import VenueRoster
from kiosk_contracts.staff import StaffRole


@dataclass(frozen=True, slots=True)
class StaffMember:
    """One person on the kiosk's roster."""

    staff_id: str
    name: str
    role: StaffRole
    pin_hash: str


@dataclass(frozen=True, slots=True)
class Roster:
    """The people who may work at this kiosk."""

    members: tuple[StaffMember, ...]

    def find(self, staff_id: str) -> StaffMember | None:
        """Return a person by id, or None if they are not on the roster any more."""
        return next((member for member in self.members if member.staff_id == staff_id), None)


def members_of(synced: VenueRoster) -> Roster:
    """Return a synced roster as the kiosk goes by it."""
    return Roster(
        tuple(StaffMember(one.staff_id, one.name, one.role, one.pin_hash) for one in synced.members)
    )


def rank(role: StaffRole) -> int:
    """Return how much a role may do: each may do all that the ones below it may."""
    match role:
        case StaffRole.TECHNICIAN:
            return -1
        case StaffRole.GATE:
            return 0
        case StaffRole.CASHIER:
            return 1
        case StaffRole.MANAGER:
            return 2


def works_at_the_kiosk(member: StaffMember) -> bool:
    """Say whether a person may sign in: a technician has nothing to do there."""
    return rank(member.role) >= rank(StaffRole.GATE)


def examines_the_host(member: StaffMember) -> bool:
    """Say whether a person may see how the host is."""
    return member.role in {StaffRole.TECHNICIAN, StaffRole.MANAGER}


def require(member: StaffMember, needed: StaffRole) -> None:
    """Raise ProblemError `role_too_low` unless the person's role suffices."""
    if rank(member.role) < rank(needed):
        raise refusals_staff.role_too_low(needed)


def with_role(members: Sequence[StaffMember], needed: StaffRole) -> tuple[StaffMember, ...]:
    """Return those whose role suffices."""
    return tuple(member for member in members if rank(member.role) >= rank(needed))
