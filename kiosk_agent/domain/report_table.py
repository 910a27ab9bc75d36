"""A shift's report as a table for spreadsheets and accounting programs."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from kiosk_contracts.money import Money
from kiosk_contracts.shifts import ShiftReport

COLUMNS: Final = ("what", "of", "pieces", "amount", "currency")
"""An amount has a point and no thousands; a time is ISO 8601 with its offset."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line; what does not apply is empty."""

    what: str
    of: str = ""
    pieces: int | None = None
    amount: Money | None = None


def report_rows(report: ShiftReport) -> Iterator[TableRow]:
    """Return a report from top to bottom, each figure once."""
    yield TableRow("report", "Z" if report.is_closed else "X")
    yield TableRow("shift", str(report.shift_id))
    yield TableRow("venue", report.venue_name)
    yield TableRow("kiosk", report.kiosk_code)
    yield TableRow("cashier", report.staff_name)
    yield TableRow("opened_at", _time(report.opened_at))
    yield TableRow("closed_at" if report.is_closed else "at", _time(report.at))
    if report.closed_by:
        yield TableRow("closed_by", report.closed_by_name or report.closed_by)
    if report.taken_over is not None:
        left = report.taken_over
        yield TableRow("taken_over_from", left.staff_name, amount=left.counted)
    yield from _done(report)
    yield from _drawer(report)
    for one in report.open_refunds:
        yield TableRow(f"refund_not_given_back_{one.decision}", one.receipt_number, 1, one.total)
    for number in report.unreadable:
        yield TableRow("damaged_transaction", f"#{number}")


def csv_text(report: ShiftReport) -> str:
    """Return the table as RFC 4180 has it, with a line of column names."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for row in report_rows(report):
        amount, currency = (row.amount.amount, row.amount.currency) if row.amount else ("", "")
        pieces = "" if row.pieces is None else row.pieces
        table.writerow((_cell(row.what), _cell(row.of), pieces, amount, currency))
    return text.getvalue()


def report_files(report: ShiftReport) -> dict[str, str]:
    """Return the texts of its files by name: the table, and the report as it is, as JSON.

    A name is like `Z-HB1-20261121T201405Z-0f3c9a1e.csv`: the time in UTC, then the shift.
    """
    kind = "Z" if report.is_closed else "X"
    at = report.at.astimezone(UTC)
    stem = f"{kind}-{report.kiosk_code}-{at:%Y%m%dT%H%M%SZ}-{report.shift_id.hex[:8]}"
    return {
        f"{stem}.csv": csv_text(report),
        f"{stem}.json": f"{report.model_dump_json(indent=2)}\n",
    }


def _done(report: ShiftReport) -> Iterator[TableRow]:
    yield TableRow("sales", pieces=report.sales)
    yield TableRow("voids", pieces=report.voids)
    yield TableRow("refunds", pieces=report.refunds)
    if report.first_receipt:
        yield TableRow("first_receipt", report.first_receipt)
        yield TableRow("last_receipt", report.last_receipt)
    for one in report.by_type:
        event, kind = one.event_name or one.event_id, one.ticket_type_name or one.ticket_type_id
        name = " · ".join(filter(None, (event, kind, one.reduced_by, str(one.unit_price))))
        yield TableRow("tickets_sold", name, one.sold, one.unit_price * one.sold)
        if one.undone:
            yield TableRow("tickets_undone", name, one.undone, one.unit_price * one.undone)


def _drawer(report: ShiftReport) -> Iterator[TableRow]:
    for method in report.by_method:
        yield TableRow("taken", method.method, amount=method.taken)
        yield TableRow("given_back", method.method, amount=method.given_back)
    cancelled = report.cancelled
    yield TableRow("payments_cancelled", pieces=cancelled.payments if cancelled else 0)
    for back in cancelled.given_back if cancelled else ():
        yield TableRow("payments_cancelled_given_back", back.method, amount=back.amount)
    yield TableRow("opening_float", amount=report.opening_float)
    yield TableRow("paid_in", amount=report.paid_in)
    yield TableRow("paid_out", amount=report.paid_out)
    yield TableRow("expected_cash", amount=report.expected_cash)
    if report.counted is not None and report.over_short is not None:
        yield TableRow("counted", amount=report.counted)
        yield TableRow("over_short", amount=report.over_short)
    for piece in report.pieces:
        yield TableRow("counted_pieces", str(piece.value), piece.pieces, piece.value * piece.pieces)
    if report.reason:
        yield TableRow("reason", report.reason)
    if report.approved_by:
        yield TableRow("approved_by", report.approved_by_name or report.approved_by)


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
