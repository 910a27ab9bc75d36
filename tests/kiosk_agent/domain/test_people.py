"""Roles: who may do what."""

import pytest

from kiosk_agent.domain.people import StaffMember, require, with_role
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.staff import StaffRole

PEOPLE = {role: StaffMember(role.value, role.value, role, "") for role in StaffRole}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (StaffRole.GATE, {StaffRole.GATE}),
        (StaffRole.CASHIER, {StaffRole.GATE, StaffRole.CASHIER}),
        (StaffRole.MANAGER, set(StaffRole)),
    ],
)
def test_each_role_may_what_those_below_may(role: StaffRole, may: set[StaffRole]) -> None:
    for needed in StaffRole:
        if needed in may:
            require(PEOPLE[role], needed)
        else:
            with pytest.raises(ProblemError):
                require(PEOPLE[role], needed)


def test_managers_are_found_among_all() -> None:
    assert with_role(tuple(PEOPLE.values()), StaffRole.MANAGER) == (PEOPLE[StaffRole.MANAGER],)
