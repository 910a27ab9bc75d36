"""What the status says is left to sell, and what it warns of."""

import pytest

from kiosk_agent.domain.records import Counts
from kiosk_agent.domain.reporting import TypeLeft, stock_lines, warnings_of
from kiosk_contracts.kiosk_status import JournalState
from tests.support.tickets import season

NOTHING = Counts(dict.fromkeys(JournalState, 0), 0, None)


@pytest.mark.parametrize("state", ["cancelled", "withdrawn", "a_state_of_a_newer_peer"])
def test_an_event_that_is_not_on_sale_has_nothing_left_to_sell(state: str) -> None:
    left = {("tide", "adult"): TypeLeft(live=5, held=1)}
    [line] = [line for line in stock_lines(season(tide=state), left, {}) if line.held]
    assert (line.event_id, line.left, line.held) == ("tide", 0, 1)
    [on_sale] = [line for line in stock_lines(season(), left, {}) if line.held]
    assert on_sale.left == 5


@pytest.mark.parametrize(
    ("left", "codes"),
    [
        (TypeLeft(live=3, ended=2), []),
        (TypeLeft(live=2, ended=2), ["stock_low"]),
        (TypeLeft(live=0, ended=2), ["lease_ended"]),
        (TypeLeft(live=0), []),
        (TypeLeft(live=3, clock_behind=1), ["clock_behind"]),
    ],
)
def test_warnings_name_what_a_person_can_act_on(left: TypeLeft, codes: list[str]) -> None:
    warnings = warnings_of(NOTHING, season(), {("tide", "adult"): left}, enrolled=True)
    assert [warning.code for warning in warnings] == codes
