"""Tickets, receipts and reports as sheets of paper."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kiosk_agent.domain.paper import Code, Line, Pair, Piece, Rule, Sheet
from kiosk_contracts.money import Money
from kiosk_contracts.refunds import RefundDecision
from kiosk_contracts.selling import SaleRecorded, SoldTicket
from kiosk_contracts.shifts import ShiftReport, TypeSum
from kiosk_contracts.tender import CardTender, CashTender, ComplimentaryTender, TenderLine

WhenWords = Callable[[datetime], str]
"""Says a time as people at the venue do."""
_COPY: Final = "COPY"


@dataclass(frozen=True, slots=True)
class Heading:
    """What every sheet says of where it is from."""

    venue_name: str
    when: WhenWords


def ticket_sheet(sale: SaleRecorded, ticket: SoldTicket, heading: Heading, copy: int) -> Sheet:
    """Return one ticket; `copy` counts from 0, the one that is no copy."""
    price = ticket.unit_price
    return (
        *_copy_mark(copy),
        Line(heading.venue_name, centred=True),
        Line(ticket.event_name, centred=True, strong=True, large=True),
        Line(heading.when(ticket.starts_at), centred=True, strong=True),
        Line(f"{_kind(ticket.ticket_type_name, ticket.reduced_by)} · {price}", centred=True),
        Code(ticket.code),
        Line(ticket.serial, centred=True, strong=True),
        Line(f"Receipt {sale.receipt_number}", centred=True),
        *_copy_mark(copy),
    )


def receipt_sheet(sale: SaleRecorded, heading: Heading, copy: int) -> Sheet:
    """Return the receipt of a sale."""
    return (
        *_copy_mark(copy),
        Line(heading.venue_name, centred=True, strong=True),
        Line(f"Receipt {sale.receipt_number}", centred=True),
        Line(heading.when(sale.recorded_at), centred=True),
        Rule(),
        *_sold(sale.tickets),
        Rule(),
        Pair("Total", str(sale.total), strong=True),
        *(pair for line in sale.tender for pair in _tender(line)),
        *_copy_mark(copy),
    )


def report_sheet(report: ShiftReport, heading: Heading, copy: int) -> Sheet:
    """Return an X report, or the Z report of a closed shift."""
    return (
        *_copy_mark(copy),
        Line(heading.venue_name, centred=True, strong=True),
        Line(f"{'Z' if report.is_closed else 'X'} report", centred=True, strong=True, large=True),
        Line(f"{report.staff_name} · {report.kiosk_code}", centred=True),
        Pair("Opened", heading.when(report.opened_at)),
        Pair("Closed" if report.is_closed else "Now", heading.when(report.at)),
        Rule(),
        *_done(report),
        Rule(),
        *_drawer(report),
        *_copy_mark(copy),
    )


def _copy_mark(copy: int) -> tuple[Piece, ...]:
    if not copy:
        return ()
    return (Line(f"{_COPY} {copy}", centred=True, strong=True, large=True),)


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
        yield Pair(f"{count} x {kind} a {price}", str(price * count))
    yield from _savings(tickets, event_id)


def _savings(tickets: Iterable[SoldTicket], event_id: str | None) -> Iterator[Pair]:
    saved: dict[str, Money] = {}
    for one in tickets:
        if one.event_id == event_id and one.rule_id and one.list_price is not None:
            nothing = Money.zero(one.unit_price.currency)
            less = one.unit_price - one.list_price
            saved[one.reduced_by] = saved.get(one.reduced_by, nothing) + less
    for name, amount in saved.items():
        yield Pair(name, str(amount))


def _tender(line: TenderLine) -> Iterator[Pair]:
    match line:
        case CashTender():
            yield Pair("Cash", str(line.given))
            if line.change.amount:
                yield Pair("Change", str(line.change))
        case CardTender():
            yield Pair(f"Card {line.reference}", str(line.amount))
        case ComplimentaryTender():
            yield Pair(f"Complimentary: {line.reason}", str(line.amount))
        case newer:
            yield Pair(newer.method, str(newer.amount))


def _done(report: ShiftReport) -> Iterator[Piece]:
    yield Pair("Sales", str(report.sales))
    yield Pair("Voids", str(report.voids))
    if report.refunds:
        yield Pair("Refunds", str(report.refunds))
    if report.first_receipt:
        yield Pair("Receipts from", report.first_receipt)
        yield Pair("to", report.last_receipt)
    for one in report.by_type:
        yield Line(_type_words(one))
        yield Pair(f"  a {one.unit_price}", _pieces(one))


def _type_words(one: TypeSum) -> str:
    kind = _kind(one.ticket_type_name or one.ticket_type_id, one.reduced_by)
    return f"{kind} · {one.event_name or one.event_id}"


def _pieces(one: TypeSum) -> str:
    return f"{one.sold} sold" + (f", {one.undone} undone" if one.undone else "")


def _drawer(report: ShiftReport) -> Iterator[Piece]:
    for method in report.by_method:
        yield Pair(f"{method.method.capitalize()} taken", str(method.taken))
        if method.given_back.amount:
            yield Pair(f"{method.method.capitalize()} given back", str(method.given_back))
    yield Pair("Opening float", str(report.opening_float))
    yield Pair("Paid in", str(report.paid_in))
    yield Pair("Paid out", str(report.paid_out))
    yield Pair("Should be in the drawer", str(report.expected_cash), strong=True)
    if report.counted is not None and report.over_short is not None:
        yield Pair("Counted", str(report.counted), strong=True)
        yield Pair("Over or short", str(report.over_short), strong=True)
    for pieces in report.pieces:
        yield Pair(f"  {pieces.pieces} x {pieces.value}", str(pieces.value * pieces.pieces))
    if report.reason:
        yield Line(f"Reason: {report.reason}")
    if report.approved_by:
        yield Line(f"Approved by: {report.approved_by}")
    for one in report.open_refunds:
        words = (
            "settled, not given back" if one.decision == RefundDecision.GIVE_BACK else "not decided"
        )
        yield Pair(f"Refund {one.receipt_number}, {words}", str(one.total), strong=True)
    if report.unreadable:
        numbers = ", ".join(f"#{number}" for number in report.unreadable)
        yield Line(f"Damaged, and perhaps missing above: {numbers}", strong=True)
