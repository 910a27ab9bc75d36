"""Which kiosks an activation is for; what is refused names the next act, and one that works."""

import pytest

from kiosk_contracts.venues import KioskStanding, Standing, Venue, VenueStanding
from operator_cli.refusing import RefusedError
from provisioning.activations.terms import choose_kiosks
from tests.support.operators import venue


def hall(*standings: Standing) -> VenueStanding:
    codes = [f"HB{number}" for number, _ in enumerate(standings, 1)]
    planned = Venue.model_validate(venue("harbour-hall", *codes))
    return VenueStanding(
        venue=planned,
        kiosks=tuple(
            KioskStanding(kiosk_id=one.kiosk_id, kiosk_code=one.kiosk_code, standing=standing)
            for one, standing in zip(planned.kiosks, standings, strict=True)
        ),
    )


def test_those_that_are_expected_are_chosen_in_their_order() -> None:
    told = hall(Standing.PENDING, Standing.EXPECTED, Standing.EXPECTED)
    assert [one.kiosk_id for one in choose_kiosks(told, None, [])] == ["till-hb2", "till-hb3"]
    assert [one.kiosk_id for one in choose_kiosks(told, 1, [])] == ["till-hb2"]


@pytest.mark.parametrize(
    ("standing", "helps"),
    [
        (Standing.PENDING, "kiosk-provision kiosk free till-hb1"),
        (Standing.ACTIVE, "kiosk-provision kiosk replace till-hb1"),
        (Standing.REVOKED, "kiosk-provision kiosk replace till-hb1"),
        (Standing.RETIRED, "Plan a new kiosk: kiosk-provision venue add"),
    ],
)
def test_a_name_that_is_not_expected_is_refused_with_what_makes_it_so(
    standing: Standing, helps: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        choose_kiosks(hall(standing), None, ["till-hb1"])
    assert "till-hb1" in str(refused.value)
    assert helps in refused.value.what_to_do


@pytest.mark.parametrize("count", [None, 2])
def test_where_too_few_are_expected_names_that_may_be_freed_are_said(count: int | None) -> None:
    with pytest.raises(RefusedError) as refused:
        choose_kiosks(hall(Standing.PENDING, Standing.ACTIVE), count, [])
    assert "till-hb1. Free the name" in refused.value.what_to_do
    assert "kiosk-provision kiosk free till-hb1." in refused.value.what_to_do
    assert "venue add" in refused.value.what_to_do
    with pytest.raises(RefusedError) as refused:
        choose_kiosks(hall(Standing.ACTIVE), count, [])
    assert "free" not in refused.value.what_to_do
