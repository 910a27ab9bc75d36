"""A report's lines: payments that were cancelled, in both languages and by any way of paying."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from kiosk_contracts.cancelled import CancelledPayments, MethodAmount
from kiosk_contracts.shifts import ShiftReport
from kiosk_texts import read_language, speaking
from kiosk_ui.clock import SystemClock
from kiosk_ui.report_words import report_lines
from tests.support.tickets import euros

AT = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)


def _report(*given_back: tuple[str, str]) -> ShiftReport:
    back = tuple(MethodAmount(method=name, amount=euros(amount)) for name, amount in given_back)
    return ShiftReport(
        shift_id=UUID(int=1),
        staff_id="ana",
        staff_name="Ana",
        venue_name="Harbour Hall",
        kiosk_code="HB1",
        opened_at=AT,
        at=AT,
        is_closed=False,
        sales=0,
        voids=0,
        refunds=0,
        by_method=(),
        by_type=(),
        cancelled=CancelledPayments(payments=2, given_back=back) if back else None,
        opening_float=euros("100.00"),
        paid_in=euros("0.00"),
        paid_out=euros("0.00"),
        expected_cash=euros("100.00"),
    )


def _lines(report: ShiftReport) -> list[tuple[str, str]]:
    return [(one.label, one.value) for one in report_lines(report, SystemClock(UTC))]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en_IE",
            [
                ("Payments cancelled", "2"),
                ("  given back by card", "€5.00"),
                ("  given back in cash", "€10.00"),
                ("  given back by [b]shells", "€1.00"),
            ],
        ),
        (
            "de_DE",
            [
                ("Abgebrochene Zahlungen", "2"),
                ("  auf die Karte zurückgegeben", "5,00\N{NO-BREAK SPACE}€"),
                ("  bar zurückgegeben", "10,00\N{NO-BREAK SPACE}€"),
                ("  mit [b]shells zurückgegeben", "1,00\N{NO-BREAK SPACE}€"),
            ],
        ),
    ],
)
def test_they_are_counted_and_what_was_given_back_stands_below(
    language: str, expected: list[tuple[str, str]]
) -> None:
    report = _report(("card", "5.00"), ("cash", "10.00"), ("[b]shells", "1.00"))
    with speaking(read_language(language)):
        lines = _lines(report)
    at = lines.index(expected[0])
    assert lines[at : at + 4] == expected
    assert lines[at + 4] == ("", "")


def test_where_there_were_none_nothing_is_said() -> None:
    assert not [label for label, _ in _lines(_report()) if "cancelled" in label]
