"""Refunds and what was looked up, in the words that stand on the screen. No state, no I/O."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from kiosk_contracts.kiosk_status import JournalState, KioskStatus, TransactionRow
from kiosk_contracts.look_up import FoundSale, FoundSales, FoundTicket, TicketStanding
from kiosk_contracts.money import total
from kiosk_contracts.refunds import RefundDecision, RefundStanding
from kiosk_contracts.tender import CardTender, ComplimentaryTender, TenderLine
from kiosk_texts import mark, money, tr, trn
from kiosk_ui.cart_lines import kind_words
from kiosk_ui.cleaning import clean
from kiosk_ui.clock import Clock
from kiosk_ui.words import clock_time, event_time

NO_MONEY: Final = mark(
    "Not decided: give no money. It is shown here and in Transactions when it is."
)
COME_BACK: Final = mark(
    "Who leaves now comes back for the money, with the receipt: the ticket may be worth nothing."
)
_STANDINGS: Final[Mapping[str, str]] = {
    TicketStanding.VALID: mark("not used"),
    TicketStanding.REFUND_ASKED: mark("refund asked for"),
    TicketStanding.REFUNDED: mark("refunded"),
    TicketStanding.VOIDED: mark("voided"),
    TicketStanding.REVOKED: mark("worth nothing any more"),
}


def give_back_words(tender: Iterable[TenderLine]) -> str:
    """Return e.g. `give back €10.00 in cash, €2.50 to the card of A1`."""
    return tr("give back {parts}", parts=tender_words(tender))


def tender_words(tender: Iterable[TenderLine]) -> str:
    """Return how money goes back, e.g. `€10.00 in cash, €2.50 to the card of A1`."""
    return ", ".join(map(_part_words, tender))


def _part_words(line: TenderLine) -> str:
    amount = money(line.amount)
    match line:
        case CardTender():
            return tr(
                "{amount} to the card of {reference}",
                amount=amount,
                reference=clean(line.reference),
            )
        case ComplimentaryTender():
            return tr("nothing for {amount} that was given away", amount=amount)
        case _ if line.method == "cash":
            return tr("{amount} in cash", amount=amount)
        case _:
            return f"{amount} ({clean(line.method)})"


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
            return tr("{amount} given back", amount=money(refund.total))
        case RefundDecision.REFUSED:
            return tr("refused: give no money")
        case _:
            return tr("asking the ticket API: give no money yet")


def cash_to_give(refund: RefundStanding) -> str:
    """Return what is to be taken out of the drawer now; empty if nothing is."""
    parts = [line.amount for line in refund.tender if line.method == "cash"]
    may_give = refund.decision == RefundDecision.GIVE_BACK
    return money(total(parts, parts[0].currency)) if may_give and parts else ""


def refund_details(refund: RefundStanding, *, online: bool) -> Iterator[str]:
    """Return what else there is to say, line by line."""
    match refund.decision:
        case RefundDecision.GIVE_BACK:
            yield tr("The ticket API has taken the tickets back; they admit no more.")
        case RefundDecision.GIVEN:
            yield tr("Give no money back a second time.")
        case RefundDecision.REFUSED:
            yield clean(refund.why) or tr("The ticket API refuses it.")
            yield clean(refund.hint)
        case _:
            yield from _undecided(refund, online=online)


def _undecided(refund: RefundStanding, *, online: bool) -> Iterator[str]:
    if refund.state == JournalState.PARKED:
        why = clean(refund.why)
        yield tr("It is set aside and tried again by itself: {reason}", reason=why)
    elif not online:
        yield tr("The line is down.")
    if not online or refund.state == JournalState.PARKED:
        yield tr(NO_MONEY)
        yield tr(COME_BACK)


def decision_words(row: TransactionRow) -> str:
    """Return where a refund in a list stands; empty for what is none."""
    match row.decision:
        case "":
            return ""
        case RefundDecision.ASKING:
            return tr("not decided: give no money")
        case RefundDecision.GIVE_BACK:
            return f"▲ {tr('settled: give the money back (Enter)')}"
        case RefundDecision.GIVEN:
            return tr("given back")
        case RefundDecision.REFUSED:
            return tr("refused: give no money")
        case newer:
            return clean(newer)


def waiting_refunds(status: KioskStatus | None) -> str:
    """Return what waits for a person; empty if nothing does."""
    if status is None:
        return ""
    words = []
    if to_give := status.refunds_to_give:
        words.append(
            trn(
                "A refund was decided: give the money back.",
                "{count} refunds were decided: give the money back.",
                to_give,
            )
        )
    if asking := status.refunds_asking:
        words.append(
            trn("A refund is not decided yet.", "{count} refunds are not decided yet.", asking)
        )
    return " ".join(words)


def ticket_words(ticket: FoundTicket, clock: Clock) -> str:
    """Return e.g. `Adult €12.50 0000000012: used at North, 19:40:12`."""
    name = kind_words(ticket.ticket_type_name, ticket.reduced_by)
    price = money(ticket.unit_price)
    return f"{name} {price} {ticket.serial}: {standing_words(ticket, clock)}"


def standing_name(standing: str) -> str:
    """Return a ticket's standing in a word or two, e.g. `refunded`."""
    known = _STANDINGS.get(standing)
    return tr(known) if known else clean(standing).replace("_", " ")


def standing_words(ticket: FoundTicket, clock: Clock) -> str:
    """Return what a ticket is worth."""
    if ticket.standing != TicketStanding.USED:
        return standing_name(ticket.standing)
    gate = clean(ticket.gate)
    if ticket.at is None:
        return tr("used at {gate}", gate=gate) if gate else tr("used at an unknown gate")
    at = clock_time(ticket.at, clock)
    if not gate:
        return tr("used at an unknown gate, {time}", time=at)
    return tr("used at {gate}, {time}", gate=gate, time=at)


def can_words(found: FoundSale) -> str:
    """Return what can be done with a sale now."""
    if "void" in found.can:
        return tr("F8 voids it")
    if "refund" in found.can:
        return tr("F8 refunds it")
    return clean(found.why_not)


def found_notes(found: FoundSale, clock: Clock) -> Iterator[str]:
    """Return what stands below a sale that was found: buyer, tickets, what can be done."""
    if found.buyer:
        yield tr("for {name}", name=clean(found.buyer))
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
        return tr("What fits is damaged or in an archive out of reach. Tell the control room.")
    return tr(
        "Nothing fits '{text}' in this kiosk's journal. What other kiosks sold is not found here.",
        text=clean(found.text),
    )
