"""An X or Z report in lines of words and amounts. No state, no I/O."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from kiosk_contracts.cancelled import CancelledPayments
from kiosk_contracts.money import Money
from kiosk_contracts.refunds import RefundDecision
from kiosk_contracts.shifts import MethodSum, ShiftReport, TypeSum
from kiosk_texts import mark, money, tr, trc, trn
from kiosk_ui.cart_lines import kind_words
from kiosk_ui.cleaning import clean
from kiosk_ui.clock import Clock
from kiosk_ui.words import event_time

_METHODS: Final[Mapping[str, tuple[str, str]]] = {
    "cash": (mark("Cash taken"), mark("Cash given back")),
    "card": (mark("Card taken"), mark("Card given back")),
    "complimentary": (mark("Given away free"), mark("Free tickets undone")),
}
_ANY_METHOD: Final = (mark("{method} taken"), mark("{method} given back"))
"""Of a way of paying that this version does not know."""
_GIVEN_BACK: Final[Mapping[str, str]] = {
    "cash": mark("given back in cash"),
    "card": mark("given back by card"),
}
"""Of payments that were cancelled."""
_ANY_GIVEN_BACK: Final = mark("given back by {method}")


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What it is, and how much. Both empty: a gap."""

    label: str = ""
    value: str = ""
    strong: bool = False


def report_lines(report: ShiftReport, clock: Clock) -> Iterator[ReportLine]:
    """Return a report from top to bottom."""
    title = tr("Z report") if report.is_closed else tr("X report")
    yield ReportLine(
        f"{title} · {clean(report.staff_name)}", event_time(report.at, clock), strong=True
    )
    yield ReportLine(tr("Shift opened"), event_time(report.opened_at, clock))
    yield from _hands(report)
    yield from _done(report)
    yield ReportLine()
    for method in report.by_method:
        yield from _method(method)
    if report.cancelled:
        yield from _cancelled(report.cancelled)
    yield ReportLine()
    yield ReportLine(tr("Opening float"), money(report.opening_float))
    yield from _moved(report)
    yield ReportLine(tr("Should be in the drawer"), money(report.expected_cash), strong=True)
    yield from _counted(report)
    yield from _open_refunds(report)
    if report.unreadable:
        numbers = ", ".join(f"#{number}" for number in report.unreadable)
        damaged = tr("Damaged, and perhaps missing above: {numbers}", numbers=numbers)
        yield ReportLine(f"▲ {damaged}", strong=True)


def _hands(report: ShiftReport) -> Iterator[ReportLine]:
    """Return whose hands the drawer was in beside its cashier's."""
    if report.closed_by:
        yield ReportLine(tr("Closed by"), clean(report.closed_by_name or report.closed_by))
    left = report.taken_over
    if left is not None:
        whose = clean(left.staff_name) or str(left.shift_id)
        counted = money(left.counted) if left.counted is not None else ""
        yield ReportLine(tr("Taken over from {name}", name=whose), counted)


def over_short_words(over_short: Money) -> str:
    """Return e.g. `€1.00 short`, `€0.50 over`, `exact`."""
    if not over_short.amount:
        return trc("of a drawer", "exact")
    if over_short.amount < 0:
        return tr("{amount} short", amount=_missing(over_short))
    return tr("{amount} over", amount=money(over_short))


def drawer_words(over_short: Money) -> str:
    """Return what a count has found, in a sentence, e.g. `The drawer is €1.00 short.`."""
    if not over_short.amount:
        return tr("The drawer is exact.")
    if over_short.amount < 0:
        return tr("The drawer is {amount} short.", amount=_missing(over_short))
    return tr("The drawer is {amount} over.", amount=money(over_short))


def _missing(over_short: Money) -> str:
    return money(Money.zero(over_short.currency) - over_short)


def _done(report: ShiftReport) -> Iterator[ReportLine]:
    receipts = ""
    if report.first_receipt:
        first, last = report.first_receipt, report.last_receipt
        receipts = tr("{first} to {last}", first=first, last=last)
    done = [tr("Sales {count}", count=report.sales), tr("voids {count}", count=report.voids)]
    if report.refunds:
        done.append(tr("refunds {count}", count=report.refunds))
    yield ReportLine(" · ".join(done), receipts)
    for one in report.by_type:
        yield ReportLine(f"  {_type_words(one)}", _pieces(one))


def _type_words(one: TypeSum) -> str:
    kind = kind_words(one.ticket_type_name or one.ticket_type_id, one.reduced_by)
    return f"{kind} · {clean(one.event_name or one.event_id)} · {money(one.unit_price)}"


def _pieces(one: TypeSum) -> str:
    if one.undone:
        return tr("{sold} sold, {undone} undone", sold=one.sold, undone=one.undone)
    return trn("{count} sold", "{count} sold", one.sold)


def _method(method: MethodSum) -> Iterator[ReportLine]:
    taken, back = _METHODS.get(method.method, _ANY_METHOD)
    name = clean(method.method)
    yield ReportLine(tr(taken, method=name), money(method.taken))
    if method.given_back.amount:
        yield ReportLine(tr(back, method=name), money(method.given_back))


def _cancelled(cancelled: CancelledPayments) -> Iterator[ReportLine]:
    """Return what was taken and given back without a sale: it is in none of the sums above."""
    yield ReportLine(tr("Payments cancelled"), str(cancelled.payments))
    for one in cancelled.given_back:
        words = tr(_GIVEN_BACK.get(one.method, _ANY_GIVEN_BACK), method=clean(one.method))
        yield ReportLine(f"  {words}", money(one.amount))


def _moved(report: ShiftReport) -> Iterator[ReportLine]:
    if report.paid_in.amount:
        yield ReportLine(tr("Paid in"), money(report.paid_in))
    if report.paid_out.amount:
        yield ReportLine(tr("Paid out"), money(report.paid_out))


def _open_refunds(report: ShiftReport) -> Iterator[ReportLine]:
    for one in report.open_refunds:
        words = (
            tr("Refund {receipt}, settled, not given back", receipt=one.receipt_number)
            if one.decision == RefundDecision.GIVE_BACK
            else tr("Refund {receipt}, not decided", receipt=one.receipt_number)
        )
        yield ReportLine(f"▲ {words}", money(one.total), strong=True)


def _counted(report: ShiftReport) -> Iterator[ReportLine]:
    if report.counted is None or report.over_short is None:
        return
    yield ReportLine(tr("Counted"), money(report.counted), strong=True)
    yield ReportLine(tr("Over or short"), over_short_words(report.over_short), strong=True)
    if report.reason:
        yield ReportLine(f"  {clean(report.reason)}")
    if report.approved_by:
        name = report.approved_by_name or report.approved_by
        yield ReportLine(tr("Approved by"), clean(name))
