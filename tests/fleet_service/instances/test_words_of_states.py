"""Each state has its words wherever people read it: dashboard, `fleetctl`, the operators' page."""

import re
from pathlib import Path
from typing import Final

import pytest

from fleet_service import dashboard
from fleet_service.fleetctl.words import GRAVITY
from fleet_service.instances.states import KioskState
from tests.support.documents import DOCS

APP: Final = Path(str(dashboard.__file__)).parent
PROBLEMS: Final = {
    KioskState.VENUE_UNREACHABLE,
    KioskState.KIOSK_UNREACHABLE,
    KioskState.AGENT_SILENT,
    KioskState.UI_DOWN,
    KioskState.SALES_STOPPED,
}
"""Of which nobody can say that it sells."""


def test_fleetctl_and_the_dashboard_know_each_state_and_no_other() -> None:
    words = (APP / "app/words.js").read_text("utf-8")
    table = words.split("const STATES = {")[1].split("};")[0]
    told = re.findall(r'^  (\w+): \{ word: "[^"]+", tone: "(\w+)"', table, re.MULTILINE)
    assert {one for one, _ in told} == {*KioskState}
    assert {one for one, tone in told if tone == "bad"} == PROBLEMS
    assert {*GRAVITY} == {*KioskState}


def test_what_does_not_sell_comes_before_all_that_does() -> None:
    first = len(PROBLEMS)
    assert {*GRAVITY[:first]} == PROBLEMS
    words = (APP / "app/words.js").read_text("utf-8")
    assert {*re.findall(r"^  (\w+): \{ word:", words, re.MULTILINE)[:first]} == PROBLEMS


@pytest.mark.parametrize("state", KioskState)
def test_a_state_has_a_shape_of_its_own_and_a_line_in_the_page_for_operators(
    state: KioskState,
) -> None:
    shapes = (APP / "app.css").read_text("utf-8")
    # A square is one as well, and needs no line of its own.
    assert state is KioskState.UI_DOWN or f'.shape[data-state="{state.value}"]' in shapes
    page = (DOCS / "operating.md").read_text("utf-8")
    first_cells = re.findall(r"^\| ([a-z, ]+) \| [^|]+ \| [^|]+ \|$", page, re.MULTILINE)
    assert state.value.replace("_", " ") in {
        one for cell in first_cells for one in cell.split(", ")
    }
