"""Roles: who may do what."""

import pytest

from kiosk_agent.domain.people import (
    StaffMember,
    examines_the_host,
    require,
    with_role,
    works_at_the_kiosk,
)
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.staff import StaffRole

PEOPLE = {role: StaffMember(role.value, role.value, role, "") for role in StaffRole}


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (StaffRole.TECHNICIAN, {StaffRole.TECHNICIAN}),
        (StaffRole.GATE, {StaffRole.TECHNICIAN, StaffRole.GATE}),
        (StaffRole.CASHIER, {StaffRole.TECHNICIAN, StaffRole.GATE, StaffRole.CASHIER}),
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


def test_a_technician_examines_the_host_and_works_at_no_kiosk() -> None:
    at_the_kiosk = {role for role, person in PEOPLE.items() if works_at_the_kiosk(person)}
    assert at_the_kiosk == set(StaffRole) - {StaffRole.TECHNICIAN}
    examine = {role for role, person in PEOPLE.items() if examines_the_host(person)}
    assert examine == {StaffRole.TECHNICIAN, StaffRole.MANAGER}
