"""A report as a table: each figure once, and nothing in it that a spreadsheet would run."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from kiosk_agent.domain.report_table import COLUMNS, csv_text, report_files
from kiosk_contracts.cash import CountedPieces
from kiosk_contracts.shifts import MethodSum, OpenRefund, ShiftReport, TypeSum
from tests.support.tickets import euros

SHIFT = UUID("0f3c9a1e-0000-4000-8000-000000000001")


def report(**changes: object) -> ShiftReport:
    sold = TypeSum(
        event_id="tide",
        event_name="Tide",
        ticket_type_id="adult",
        ticket_type_name="Adult",
        unit_price=euros("12.50"),
        sold=3,
        undone=1,
    )
    whole = ShiftReport(
        shift_id=SHIFT,
        staff_id="ana",
        staff_name="Ana",
        venue_name="Harbour Hall",
        kiosk_code="HB1",
        opened_at=datetime(2026, 11, 21, 18, 0, tzinfo=UTC),
        at=datetime(2026, 11, 21, 23, 30, 5, tzinfo=timezone(timedelta(hours=1))),
        is_closed=True,
        sales=2,
        voids=1,
        refunds=0,
        first_receipt="HB1-1-000001",
        last_receipt="HB1-1-000003",
        by_method=(MethodSum(method="cash", taken=euros("37.50"), given_back=euros("12.50")),),
        by_type=(sold,),
        opening_float=euros("100.00"),
        paid_in=euros("0.00"),
        paid_out=euros("20.00"),
        expected_cash=euros("105.00"),
        counted=euros("104.00"),
        over_short=euros("-1.00"),
        pieces=(
            CountedPieces(value=euros("50.00"), pieces=2),
            CountedPieces(value=euros("2.00"), pieces=2),
        ),
        reason="change given twice",
        approved_by="mia",
        approved_by_name="Mia Manager",
    )
    return whole.model_copy(update=changes)


def table(one: ShiftReport) -> list[list[str]]:
    return list(csv.reader(io.StringIO(csv_text(one))))


def test_a_z_report_is_a_table_of_every_figure() -> None:
    assert table(report()) == [
        list(COLUMNS),
        ["report", "Z", "", "", ""],
        ["shift", str(SHIFT), "", "", ""],
        ["venue", "Harbour Hall", "", "", ""],
        ["kiosk", "HB1", "", "", ""],
        ["cashier", "Ana", "", "", ""],
        ["opened_at", "2026-11-21T18:00:00+00:00", "", "", ""],
        ["closed_at", "2026-11-21T23:30:05+01:00", "", "", ""],
        ["sales", "", "2", "", ""],
        ["voids", "", "1", "", ""],
        ["refunds", "", "0", "", ""],
        ["first_receipt", "HB1-1-000001", "", "", ""],
        ["last_receipt", "HB1-1-000003", "", "", ""],
        ["tickets_sold", "Tide · Adult · 12.50 EUR", "3", "37.50", "EUR"],
        ["tickets_undone", "Tide · Adult · 12.50 EUR", "1", "12.50", "EUR"],
        ["taken", "cash", "", "37.50", "EUR"],
        ["given_back", "cash", "", "12.50", "EUR"],
        ["payments_cancelled", "", "0", "", ""],
        ["opening_float", "", "", "100.00", "EUR"],
        ["paid_in", "", "", "0.00", "EUR"],
        ["paid_out", "", "", "20.00", "EUR"],
        ["expected_cash", "", "", "105.00", "EUR"],
        ["counted", "", "", "104.00", "EUR"],
        ["over_short", "", "", "-1.00", "EUR"],
        ["counted_pieces", "50.00 EUR", "2", "100.00", "EUR"],
        ["counted_pieces", "2.00 EUR", "2", "4.00", "EUR"],
        ["reason", "change given twice", "", "", ""],
        ["approved_by", "Mia Manager", "", "", ""],
    ]


def test_an_x_report_says_that_it_is_one_and_has_no_count() -> None:
    rows = table(report(is_closed=False, counted=None, over_short=None, pieces=()))
    names = [row[0] for row in rows]
    assert rows[1][:2] == ["report", "X"]
    assert ("at" in names, "closed_at" in names, "counted" in names) == (True, False, False)


def test_tickets_at_one_price_by_two_reductions_are_told_apart() -> None:
    [sold] = report().by_type
    both = [sold.model_copy(update={"reduced_by": name}) for name in ("Student", "Senior")]
    names = [row[1] for row in table(report(by_type=tuple(both))) if row[0] == "tickets_sold"]
    assert names == ["Tide · Adult · Student · 12.50 EUR", "Tide · Adult · Senior · 12.50 EUR"]


def test_what_the_figures_lack_is_named() -> None:
    refund = OpenRefund(receipt_number="HB1-1-000009", total=euros("12.50"), decision="asking")
    rows = table(report(open_refunds=(refund,), unreadable=(17, 18)))
    assert ["refund_not_given_back_asking", "HB1-1-000009", "1", "12.50", "EUR"] in rows
    assert [row[1] for row in rows if row[0] == "damaged_transaction"] == ["#17", "#18"]


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_name_is_a_formula_and_none_breaks_the_table(name: str) -> None:
    rows = table(report(reason=name, staff_name='Ana, "the"\nfirst'))
    assert ["reason", f"'{name}", "", "", ""] in rows
    assert ["cashier", 'Ana, "the"\nfirst', "", "", ""] in rows


def test_the_files_are_named_by_kind_kiosk_time_and_shift() -> None:
    files = report_files(report())
    assert list(files) == [
        "Z-HB1-20261121T223005Z-0f3c9a1e.csv",
        "Z-HB1-20261121T223005Z-0f3c9a1e.json",
    ]
    assert ShiftReport.model_validate(json.loads(files[list(files)[1]])) == report()
