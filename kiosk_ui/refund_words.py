"""Refunds and what was looked up, in the words that stand on the screen. No state, no I/O."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from kiosk_contracts.kiosk_status import JournalState, KioskStatus, TransactionRow
from kiosk_contracts.look_up import FoundSale, FoundSales, FoundTicket, TicketStanding
from kiosk_contracts.money import total
from kiosk_contracts.refunds import RefundDecision, RefundStanding
from kiosk_contracts.tender import CardTender, ComplimentaryTender, TenderLine
from kiosk_ui.clock import Clock
from kiosk_ui.words import clean, clock_time, event_time

NO_MONEY: Final = "Not decided: give no money. It is shown here and in Transactions when it is."
COME_BACK: Final = (
    "Who leaves now comes back for the money, with the receipt: the ticket may be worth nothing."
)
_STANDINGS: Final[Mapping[str, str]] = {
    TicketStanding.VALID: "not used",
    TicketStanding.REFUND_ASKED: "refund asked for",
    TicketStanding.REFUNDED: "refunded",
    TicketStanding.VOIDED: "voided",
    TicketStanding.REVOKED: "worth nothing any more",
}


def give_back_words(tender: Iterable[TenderLine]) -> str:
    """Return e.g. `give back 10.00 EUR in cash, 2.50 EUR to the card of A1`."""
    return "give back " + ", ".join(map(_part_words, tender))


def _part_words(line: TenderLine) -> str:
    match line:
        case CardTender():
            return f"{line.amount} to the card of {clean(line.reference)}"
        case ComplimentaryTender():
            return f"nothing for {line.amount} that was given away"
        case _ if line.method == "cash":
            return f"{line.amount} in cash"
        case _:
            return f"{line.amount} ({clean(line.method)})"


def refund_sign(refund: RefundStanding) -> str:
    """Return the sign before `refund_headline`; the words say all without it."""
    match refund.decision:
        case RefundDecision.GIVE_BACK | RefundDecision.GIVEN:
            return "✔"
        case RefundDecision.REFUSED:
            return "✖"
        case _:
            return "…"


def refund_headline(refund: RefundStanding) -> str:
    """Return the one line that says what to do."""
    match refund.decision:
        case RefundDecision.GIVE_BACK:
            return give_back_words(refund.tender)
        case RefundDecision.GIVEN:
            return f"{refund.total} given back"
        case RefundDecision.REFUSED:
            return "refused: give no money"
        case _:
            return "asking the ticket API: give no money yet"


def cash_to_give(refund: RefundStanding) -> str:
    """Return what is to be taken out of the drawer now; empty if nothing is."""
    parts = [line.amount for line in refund.tender if line.method == "cash"]
    may_give = refund.decision == RefundDecision.GIVE_BACK
    return str(total(parts, parts[0].currency)) if may_give and parts else ""


def refund_details(refund: RefundStanding, *, online: bool) -> Iterator[str]:
    """Return what else there is to say, line by line."""
    match refund.decision:
        case RefundDecision.GIVE_BACK:
            yield "The ticket API has taken the tickets back; they admit no more."
        case RefundDecision.GIVEN:
            yield "Give no money back a second time."
        case RefundDecision.REFUSED:
            yield clean(refund.why) or "The ticket API refuses it."
            yield clean(refund.hint)
        case _:
            yield from _undecided(refund, online=online)


def _undecided(refund: RefundStanding, *, online: bool) -> Iterator[str]:
    if refund.state == JournalState.PARKED:
        yield f"It is set aside and tried again by itself: {clean(refund.why)}"
    elif not online:
        yield "The line is down."
    if not online or refund.state == JournalState.PARKED:
        yield NO_MONEY
        yield COME_BACK


def decision_words(row: TransactionRow) -> str:
    """Return where a refund in a list stands; empty for what is none."""
    match row.decision:
        case "":
            return ""
        case RefundDecision.ASKING:
            return "not decided: give no money"
        case RefundDecision.GIVE_BACK:
            return "▲ settled: give the money back (Enter)"
        case RefundDecision.GIVEN:
            return "given back"
        case RefundDecision.REFUSED:
            return "refused: give no money"
        case newer:
            return clean(newer)


def waiting_refunds(status: KioskStatus | None) -> str:
    """Return what waits for a person; empty if nothing does."""
    if status is None:
        return ""
    words = []
    if to_give := status.refunds_to_give:
        words.append(
            "A refund was decided: give the money back."
            if to_give == 1
            else f"{to_give} refunds were decided: give the money back."
        )
    if asking := status.refunds_asking:
        words.append(
            "A refund is not decided yet."
            if asking == 1
            else f"{asking} refunds are not decided yet."
        )
    return " ".join(words)


def ticket_words(ticket: FoundTicket, clock: Clock) -> str:
    """Return e.g. `Adult 12.50 EUR 0000000012: used at gate North, 19:40:12`."""
    name = clean(ticket.ticket_type_name)
    return f"{name} {ticket.unit_price} {ticket.serial}: {standing_words(ticket, clock)}"


def standing_words(ticket: FoundTicket, clock: Clock) -> str:
    """Return what a ticket is worth."""
    if ticket.standing != TicketStanding.USED:
        known = _STANDINGS.get(ticket.standing)
        return known or clean(ticket.standing).replace("_", " ")
    gate = clean(ticket.gate) or "unknown"
    at = f", {clock_time(ticket.at, clock)}" if ticket.at is not None else ""
    return f"used at gate {gate}{at}"


def can_words(found: FoundSale) -> str:
    """Return what can be done with a sale now."""
    if "void" in found.can:
        return "F8 voids it"
    if "refund" in found.can:
        return "F8 refunds it"
    return clean(found.why_not)


def found_notes(found: FoundSale, clock: Clock) -> Iterator[str]:
    """Return what stands below a sale that was found: buyer, tickets, what can be done."""
    if found.buyer:
        yield f"for {clean(found.buyer)}"
    for ticket in found.tickets:
        yield ticket_words(ticket, clock)
    if words := can_words(found):
        yield words


def sold_words(found: FoundSale, clock: Clock) -> str:
    """Return when it was sold."""
    return event_time(found.sale.recorded_at, clock)


def nothing_found(found: FoundSales) -> str:
    """Return what is said where nothing can be shown."""
    if found.unreadable:
        return "What fits is damaged or in an archive out of reach. Tell the control room."
    return (
        f"Nothing fits {clean(found.text)!r} in this kiosk's journal. "
        "What other kiosks sold is not found here."
    )
