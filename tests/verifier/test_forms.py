"""The verifier reads amounts in the form that the screen gives them."""

import pytest

from verifier.forms import spelled
from verifier.panels import ReportReader
from verifier.wording import Acknowledgement, acknowledgement_in


@pytest.mark.parametrize(
    ("shown", "amount"),
    [
        ("€12.50", "12.50 EUR"),
        ("€1,285.87", "1285.87 EUR"),
        ("€1.00 short", "1.00 EUR short"),
        ("-€0.05", "-0.05 EUR"),
        ("12.50 EUR", "12.50 EUR"),
    ],
)
def test_an_amount_reads_as_the_ledger_writes_it(shown: str, amount: str) -> None:
    assert spelled(shown) == amount


def test_cash_that_was_moved_is_acknowledged_with_its_amount() -> None:
    found = acknowledgement_in("✔ #14 shift paid in €1,014.40 recorded online")
    assert found is not None
    assert found.what == Acknowledgement(14, "shift_paid_in", "1014.40 EUR", offline=False)


def test_a_report_says_what_should_be_in_the_drawer() -> None:
    reader = ReportReader()
    lines = {0: "X report · Ana", 1: "Should be in the drawer        €1,285.87"}
    reader.look(lines, cursor_y=9, closed=None)
    assert reader.sightings.x_reports == ["1285.87 EUR"]
