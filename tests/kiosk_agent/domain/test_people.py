"""Roles and the lockout's growth."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_agent.domain.people import LONGEST_LOCK_S, StaffMember, lock_left_s, require, with_role
from kiosk_contracts.problem import ProblemError
from kiosk_contracts.staff import StaffRole
from tests.support.journal import at

NOW = at("20:00:00")
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


@pytest.mark.parametrize(
    ("failures", "lock_s"), [(0, 0), (4, 0), (5, 60), (6, 120), (7, 240), (11, 3600), (99, 3600)]
)
def test_the_lock_doubles_up_to_an_hour(failures: int, lock_s: int) -> None:
    assert lock_left_s(failures, NOW, NOW) == lock_s


@given(failures=st.integers(5, 200), seconds=st.integers(0, 10**6))
def test_a_lock_is_never_longer_than_an_hour_and_ends(failures: int, seconds: int) -> None:
    left = lock_left_s(failures, NOW, NOW + timedelta(seconds=seconds))
    assert left <= LONGEST_LOCK_S
    assert left == max(0, lock_left_s(failures, NOW, NOW) - seconds)
