"""What a person types for each way of paying, and the tender line it makes. No I/O."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk_contracts.money import Money
from kiosk_contracts.tender import CardTender, CashTender, ComplimentaryTender, TenderLine
from kiosk_contracts.text import is_plain_text
from kiosk_ui.words import parse_amount


class Method(StrEnum):
    """The ways of paying; cash is what a payment starts with."""

    CASH = "cash"
    CARD = "card"
    COMPLIMENTARY = "complimentary"


@dataclass(frozen=True, slots=True)
class MethodWords:
    """How a way of paying is asked for."""

    key: str
    name: str
    asks: str
    help: str


WORDS = {
    Method.CASH: MethodWords("f5", "Cash", "Given", "Type what was given; empty is exact."),
    Method.CARD: MethodWords(
        "f6", "Card", "Reference", "Type the reference that the card terminal printed."
    ),
    Method.COMPLIMENTARY: MethodWords(
        "f7", "Complimentary", "Reason", "Type why these tickets are given away."
    ),
}


class TenderError(ValueError):
    """What was typed makes no tender; the message says why to the person."""


def tender_of(method: Method, typed: str, total: Money) -> TenderLine:
    """Return the tender line for `total`; raises TenderError."""
    text = typed.strip()
    match method:
        case Method.CASH:
            return _cash(text, total)
        case Method.CARD:
            return CardTender(amount=total, reference=_written(text, "the card's reference"))
        case Method.COMPLIMENTARY:
            return ComplimentaryTender(amount=total, reason=_written(text, "a reason"))


def part_of(typed: str, due: Money) -> CashTender:
    """Return the cash that pays a part of what is due; raises TenderError."""
    text = typed.strip()
    if not text:
        msg = "type the cash that was given, then the rest is paid otherwise"
        raise TenderError(msg)
    try:
        given = parse_amount(text, due.currency)
    except ValueError as error:
        raise TenderError(str(error)) from error
    if not 0 < given.amount < due.amount:
        msg = f"a part is more than nothing and less than {due}"
        raise TenderError(msg)
    return CashTender(amount=given, given=given, change=Money.zero(due.currency))


def change_words(tender: TenderLine) -> str:
    """Return what to say of a tender line on the ticket screen."""
    match tender:
        case CashTender():
            if tender.change.amount:
                return f"Change {tender.change} of {tender.given}"
            return f"Cash {tender.amount}, exact"
        case CardTender():
            return f"Card {tender.amount}"
        case ComplimentaryTender():
            return "Complimentary"
        case newer:
            return f"{newer.method} {newer.amount}"


def _cash(text: str, total: Money) -> CashTender:
    if not text:
        return CashTender(amount=total, given=total, change=Money.zero(total.currency))
    try:
        given = parse_amount(text, total.currency)
    except ValueError as error:
        raise TenderError(str(error)) from error
    if given.amount < total.amount:
        msg = f"{given} is less than the total; {total - given} is missing"
        raise TenderError(msg)
    return CashTender(amount=total, given=given, change=given - total)


def _written(text: str, what: str) -> str:
    if not text:
        msg = f"type {what}"
        raise TenderError(msg)
    if not is_plain_text(text):
        msg = f"type {what} without control characters"
        raise TenderError(msg)
    return text
