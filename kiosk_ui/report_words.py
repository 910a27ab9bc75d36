"""An X or Z report in lines of words and amounts. No state, no I/O."""

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk_contracts.money import Money
from kiosk_contracts.refunds import RefundDecision
from kiosk_contracts.shifts import MethodSum, ShiftReport, TypeSum
from kiosk_ui.cart_lines import kind_words
from kiosk_ui.clock import Clock
from kiosk_ui.words import clean, event_time


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What it is, and how much. Both empty: a gap."""

    label: str = ""
    value: str = ""
    strong: bool = False


def report_lines(report: ShiftReport, clock: Clock) -> Iterator[ReportLine]:
    """Return a report from top to bottom."""
    yield ReportLine(
        f"{'Z' if report.is_closed else 'X'} report · {clean(report.staff_name)}",
        event_time(report.at, clock),
        strong=True,
    )
    yield ReportLine("Shift opened", event_time(report.opened_at, clock))
    yield from _done(report)
    yield ReportLine()
    for method in report.by_method:
        yield from _method(method)
    yield ReportLine()
    yield ReportLine("Opening float", str(report.opening_float))
    yield from _moved(report)
    yield ReportLine("Should be in the drawer", str(report.expected_cash), strong=True)
    yield from _counted(report)
    yield from _open_refunds(report)
    if report.unreadable:
        numbers = ", ".join(f"#{number}" for number in report.unreadable)
        yield ReportLine(f"▲ Damaged, and perhaps missing above: {numbers}", strong=True)


def over_short_words(over_short: Money) -> str:
    """Return e.g. `1.00 EUR short`, `0.50 EUR over`, `exact`."""
    if not over_short.amount:
        return "exact"
    nothing = Money.zero(over_short.currency)
    if over_short.amount < 0:
        return f"{nothing - over_short} short"
    return f"{over_short} over"


def _done(report: ShiftReport) -> Iterator[ReportLine]:
    receipts = f"{report.first_receipt} to {report.last_receipt}" if report.first_receipt else ""
    refunds = f" · refunds {report.refunds}" if report.refunds else ""
    yield ReportLine(f"Sales {report.sales} · voids {report.voids}{refunds}", receipts)
    for one in report.by_type:
        yield ReportLine(f"  {_type_words(one)}", _pieces(one))


def _type_words(one: TypeSum) -> str:
    kind = kind_words(one.ticket_type_name or one.ticket_type_id, one.reduced_by)
    return f"{kind} · {clean(one.event_name or one.event_id)} · {one.unit_price}"


def _pieces(one: TypeSum) -> str:
    return f"{one.sold} sold" + (f", {one.undone} undone" if one.undone else "")


def _method(method: MethodSum) -> Iterator[ReportLine]:
    yield ReportLine(f"{clean(method.method).capitalize()} taken", str(method.taken))
    if method.given_back.amount:
        yield ReportLine(f"{clean(method.method).capitalize()} given back", str(method.given_back))


def _moved(report: ShiftReport) -> Iterator[ReportLine]:
    if report.paid_in.amount:
        yield ReportLine("Paid in", str(report.paid_in))
    if report.paid_out.amount:
        yield ReportLine("Paid out", str(report.paid_out))


def _open_refunds(report: ShiftReport) -> Iterator[ReportLine]:
    for one in report.open_refunds:
        decided = one.decision == RefundDecision.GIVE_BACK
        what = "settled, not given back" if decided else "not decided"
        yield ReportLine(f"▲ Refund {one.receipt_number}, {what}", str(one.total), strong=True)


def _counted(report: ShiftReport) -> Iterator[ReportLine]:
    if report.counted is None or report.over_short is None:
        return
    yield ReportLine("Counted", str(report.counted), strong=True)
    yield ReportLine("Over or short", over_short_words(report.over_short), strong=True)
    if report.reason:
        yield ReportLine(f"  {clean(report.reason)}")
    if report.approved_by:
        yield ReportLine("Approved by", clean(report.approved_by))
