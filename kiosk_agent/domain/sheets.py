"""Tickets, receipts and reports as sheets of paper."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from kiosk_agent.domain.paper import Code, Line, Pair, Piece, Rule, Sheet
from kiosk_agent.domain.reprinting import Standings, standing_words
from kiosk_contracts.cancelled import CancelledPayments
from kiosk_contracts.look_up import TicketStanding
from kiosk_contracts.money import Money
from kiosk_contracts.refunds import RefundDecision
from kiosk_contracts.selling import SaleRecorded, SoldTicket
from kiosk_contracts.shifts import ShiftReport, TypeSum
from kiosk_contracts.tender import CardTender, CashTender, ComplimentaryTender, TenderLine
from kiosk_texts import exact_day_and_time, money, tr, trc

ToZone = Callable[[datetime], datetime]
"""Returns a moment in the venue's zone."""
NOTHING_UNDONE: Final[Standings] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Heading:
    """What every sheet says of where it is from."""

    venue_name: str
    zone: ToZone

    def when(self, moment: datetime) -> str:
        """Say a time as people at the venue do."""
        return exact_day_and_time(self.zone(moment))


def ticket_sheet(sale: SaleRecorded, ticket: SoldTicket, heading: Heading, copy: int) -> Sheet:
    """Return one ticket; `copy` counts from 0, the one that is no copy."""
    price = money(ticket.unit_price)
    return (
        *_copy_mark(copy),
        Line(heading.venue_name, centred=True),
        Line(ticket.event_name, centred=True, strong=True, large=True),
        Line(heading.when(ticket.starts_at), centred=True, strong=True),
        Line(f"{_kind(ticket.ticket_type_name, ticket.reduced_by)} · {price}", centred=True),
        Code(ticket.code),
        Line(ticket.serial, centred=True, strong=True),
        Line(tr("Receipt {receipt}", receipt=sale.receipt_number), centred=True),
        *_copy_mark(copy),
    )


def receipt_sheet(
    sale: SaleRecorded, heading: Heading, copy: int, worth_nothing: Standings = NOTHING_UNDONE
) -> Sheet:
    """Return the receipt of a sale; of its tickets some may be `worth_nothing` meanwhile."""
    undone = _undone_mark(sale, worth_nothing)
    return (
        *_copy_mark(copy),
        *undone,
        Line(heading.venue_name, centred=True, strong=True),
        Line(tr("Receipt {receipt}", receipt=sale.receipt_number), centred=True),
        Line(heading.when(sale.recorded_at), centred=True),
        Rule(),
        *_sold(sale.tickets),
        Rule(),
        Pair(tr("Total"), money(sale.total), strong=True),
        *(pair for line in sale.tender for pair in _tender(line)),
        *_not_valid(worth_nothing),
        *undone,
        *_copy_mark(copy),
    )


def report_sheet(report: ShiftReport, heading: Heading, copy: int) -> Sheet:
    """Return an X report, or the Z report of a closed shift."""
    return (
        *_copy_mark(copy),
        Line(heading.venue_name, centred=True, strong=True),
        Line(
            tr("Z report") if report.is_closed else tr("X report"),
            centred=True,
            strong=True,
            large=True,
        ),
        Line(f"{report.staff_name} · {report.kiosk_code}", centred=True),
        Pair(tr("Opened"), heading.when(report.opened_at)),
        Pair(tr("Closed") if report.is_closed else tr("Now"), heading.when(report.at)),
        *_hands(report),
        Rule(),
        *_done(report),
        Rule(),
        *_drawer(report),
        *_copy_mark(copy),
    )


def _copy_mark(copy: int) -> tuple[Piece, ...]:
    if not copy:
        return ()
    return (Line(tr("COPY {count}", count=copy), centred=True, strong=True, large=True),)


def _undone_mark(sale: SaleRecorded, worth_nothing: Standings) -> tuple[Piece, ...]:
    """Return a line as large as a copy's where nothing of the sale is valid any more."""
    if any(ticket.serial not in worth_nothing for ticket in sale.tickets):
        return ()
    kinds = set(worth_nothing.values())
    if kinds == {TicketStanding.VOIDED}:
        words = tr("VOIDED")
    elif kinds == {TicketStanding.REFUNDED}:
        words = tr("REFUNDED")
    else:
        words = tr("NOT VALID")
    return (Line(words, centred=True, strong=True, large=True),)


def _not_valid(worth_nothing: Standings) -> Iterator[Piece]:
    if worth_nothing:
        yield Rule()
        yield Line(tr("No longer valid:"), strong=True)
    for serial, standing in worth_nothing.items():
        yield Pair(serial, standing_words(standing), strong=True)


def _kind(type_name: str, reduced: str) -> str:
    """Return e.g. `Adult, Student`: the type, and by what its price is reduced."""
    return f"{type_name}, {reduced}" if reduced else type_name


def _sold(tickets: Sequence[SoldTicket]) -> Iterator[Piece]:
    """Yield the tickets event by event: at list price where a rule then takes its part off."""
    groups: dict[tuple[str, str, str, Money], int] = {}
    for one in tickets:
        listed = one.list_price if one.rule_id else None
        kind = one.ticket_type_name if listed else _kind(one.ticket_type_name, one.reduced_by)
        key = (one.event_id, one.event_name, kind, listed or one.unit_price)
        groups[key] = groups.get(key, 0) + 1
    event_id = None
    for (group_event, event_name, kind, price), count in groups.items():
        if group_event != event_id:
            yield from _savings(tickets, event_id)
            yield Line(event_name, strong=True)
            event_id = group_event
        left = tr(
            "{count} x {ticket_type} at {price}", count=count, ticket_type=kind, price=money(price)
        )
        yield Pair(left, money(price * count))
    yield from _savings(tickets, event_id)


def _savings(tickets: Iterable[SoldTicket], event_id: str | None) -> Iterator[Pair]:
    saved: dict[str, Money] = {}
    for one in tickets:
        if one.event_id == event_id and one.rule_id and one.list_price is not None:
            nothing = Money.zero(one.unit_price.currency)
            less = one.unit_price - one.list_price
            saved[one.reduced_by] = saved.get(one.reduced_by, nothing) + less
    for name, amount in saved.items():
        yield Pair(name, money(amount))


def _tender(line: TenderLine) -> Iterator[Pair]:
    match line:
        case CashTender():
            yield Pair(tr("Cash"), money(line.given))
            if line.change.amount:
                yield Pair(trc("money given back", "Change"), money(line.change))
        case CardTender():
            yield Pair(tr("Card {reference}", reference=line.reference), money(line.amount))
        case ComplimentaryTender():
            yield Pair(tr("Complimentary: {reason}", reason=line.reason), money(line.amount))
        case newer:
            yield Pair(newer.method, money(newer.amount))


def _hands(report: ShiftReport) -> Iterator[Piece]:
    """Yield whose hands the drawer was in beside its cashier's."""
    if report.closed_by:
        yield Line(tr("Closed by: {name}", name=report.closed_by_name or report.closed_by))
    left = report.taken_over
    if left is not None:
        yield Line(tr("Taken over from: {name}", name=left.staff_name or str(left.shift_id)))
        if left.counted is not None:
            yield Pair(tr("Counted then"), money(left.counted))


def _done(report: ShiftReport) -> Iterator[Piece]:
    yield Pair(tr("Sales"), str(report.sales))
    yield Pair(tr("Voids"), str(report.voids))
    if report.refunds:
        yield Pair(tr("Refunds"), str(report.refunds))
    if report.first_receipt:
        yield Pair(tr("Receipts from"), report.first_receipt)
        yield Pair(trc("the last of the receipts", "to"), report.last_receipt)
    for one in report.by_type:
        yield Line(_type_words(one))
        yield Pair(tr("  at {price}", price=money(one.unit_price)), _pieces(one))


def _type_words(one: TypeSum) -> str:
    kind = _kind(one.ticket_type_name or one.ticket_type_id, one.reduced_by)
    return f"{kind} · {one.event_name or one.event_id}"


def _pieces(one: TypeSum) -> str:
    if one.undone:
        return tr("{sold} sold, {undone} undone", sold=one.sold, undone=one.undone)
    return tr("{sold} sold", sold=one.sold)


def _drawer(report: ShiftReport) -> Iterator[Piece]:
    for method in report.by_method:
        taken, given_back = _method_words(method.method)
        yield Pair(taken, money(method.taken))
        if method.given_back.amount:
            yield Pair(given_back, money(method.given_back))
    if report.cancelled:
        yield from _cancelled(report.cancelled)
    yield Pair(tr("Opening float"), money(report.opening_float))
    yield Pair(tr("Paid in"), money(report.paid_in))
    yield Pair(tr("Paid out"), money(report.paid_out))
    yield Pair(tr("Should be in the drawer"), money(report.expected_cash), strong=True)
    if report.counted is not None and report.over_short is not None:
        yield Pair(tr("Counted"), money(report.counted), strong=True)
        yield Pair(tr("Over or short"), money(report.over_short), strong=True)
    for pieces in report.pieces:
        worth = money(pieces.value * pieces.pieces)
        left = tr("  {count} x {value}", count=pieces.pieces, value=money(pieces.value))
        yield Pair(left, worth)
    yield from _notes(report)


def _cancelled(cancelled: CancelledPayments) -> Iterator[Piece]:
    """Yield what was taken and given back without a sale: it is in none of the sums above."""
    yield Pair(tr("Payments cancelled"), str(cancelled.payments))
    for one in cancelled.given_back:
        yield Pair(f"  {_back_words(one.method)}", money(one.amount))


def _back_words(method: str) -> str:
    match method:
        case "cash":
            return tr("given back in cash")
        case "card":
            return tr("given back by card")
        case newer:
            return tr("given back by {method}", method=newer)


def _method_words(method: str) -> tuple[str, str]:
    """Return what was taken and what was given back in one way of paying, as labels."""
    match method:
        case "cash":
            return tr("Cash taken"), tr("Cash given back")
        case "card":
            return tr("Card taken"), tr("Card given back")
        case "complimentary":
            return tr("Given away free"), tr("Free tickets undone")
        case newer:
            return tr("{method} taken", method=newer), tr("{method} given back", method=newer)


def _notes(report: ShiftReport) -> Iterator[Piece]:
    if report.reason:
        yield Line(tr("Reason: {reason}", reason=report.reason))
    if report.approved_by:
        yield Line(tr("Approved by: {name}", name=report.approved_by_name or report.approved_by))
    for one in report.open_refunds:
        receipt = one.receipt_number
        words = (
            tr("Refund {receipt}, settled, not given back", receipt=receipt)
            if one.decision == RefundDecision.GIVE_BACK
            else tr("Refund {receipt}, not decided", receipt=receipt)
        )
        yield Pair(words, money(one.total), strong=True)
    if report.unreadable:
        numbers = ", ".join(f"#{number}" for number in report.unreadable)
        yield Line(
            tr("Damaged, and perhaps missing above: {numbers}", numbers=numbers), strong=True
        )
