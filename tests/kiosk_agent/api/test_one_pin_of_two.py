"""Two people with one PIN: nobody works under another's name, and nobody approves their own act."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk_agent.domain.people import Roster, StaffMember
from kiosk_contracts.staff import StaffRole
from tests.support.ui_socket import CHEAP_PINS, PINS, Till, roster, till_in


def also(staff_id: str, role: StaffRole, pin: str) -> Roster:
    """Return everybody, and one more with a PIN that somebody has."""
    one_more = StaffMember(staff_id, staff_id.title(), role, CHEAP_PINS.hash(pin))
    return Roster((*roster().members, one_more))


@pytest.fixture
async def till(tmp_path: Path) -> AsyncIterator[Till]:
    twice = also("bob", StaffRole.CASHIER, PINS["ana"])
    async with till_in(tmp_path, staff=twice) as opened:
        yield opened


async def test_neither_is_signed_in_by_it(till: Till) -> None:
    refused = await till.ask("POST", "/v1/sign-in", {"pin": PINS["ana"]})
    assert (refused.status, refused.code) == (409, "pin_of_several")
    assert refused.body["title"] == "Two people here have this PIN"
    # It is no guess: whoever has it is on the roster.
    failures = await till.opened.journal.read(lambda reader: reader.pin_failures())
    assert failures[0] == 0
    await till.sign_in("gus")


async def test_nobody_approves_by_a_pin_that_is_their_own(tmp_path: Path) -> None:
    managers_too = also("bob", StaffRole.CASHIER, PINS["mia"])
    async with till_in(tmp_path, staff=managers_too) as till:
        bob = next(one for one in managers_too.members if one.staff_id == "bob")
        ana = next(one for one in managers_too.members if one.staff_id == "ana")
        with pytest.raises(Exception, match="Two people") as refused:
            await till.desk.staff.approve(bob, PINS["mia"])
        assert refused.value.problem.code == "pin_of_several"  # type: ignore[attr-defined]
        # Somebody else's approval is as clear as ever.
        assert (await till.desk.staff.approve(ana, PINS["mia"])).staff_id == "mia"
