"""What a person types for each way of paying, and the tender line it makes. No I/O."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk_contracts.money import Money
from kiosk_contracts.plain_text import is_plain_text
from kiosk_contracts.tender import CardTender, CashTender, ComplimentaryTender, TenderLine
from kiosk_texts import mark, money, tr
from kiosk_ui.amounts import parse_amount
from kiosk_ui.cleaning import clean


class Method(StrEnum):
    """The ways of paying; cash is what a payment starts with."""

    CASH = "cash"
    CARD = "card"
    COMPLIMENTARY = "complimentary"


@dataclass(frozen=True, slots=True)
class MethodWords:
    """How a way of paying is asked for. Texts are translated where they are shown."""

    key: str
    name: str
    asks: str
    help: str


WORDS = {
    Method.CASH: MethodWords(
        "f5", mark("Cash"), mark("Given"), mark("Type what was given; empty is exact.")
    ),
    Method.CARD: MethodWords(
        "f6",
        mark("Card"),
        mark("Reference"),
        mark("Type the reference that the card terminal printed."),
    ),
    Method.COMPLIMENTARY: MethodWords(
        "f7", mark("Complimentary"), mark("Reason"), mark("Type why these tickets are given away.")
    ),
}


class TenderError(ValueError):
    """What was typed makes no tender; the message says why to the person, in a sentence."""


def tender_of(method: Method, typed: str, total: Money) -> TenderLine:
    """Return the tender line for `total`; raises TenderError."""
    text = typed.strip()
    match method:
        case Method.CASH:
            return _cash(text, total)
        case Method.CARD:
            if not text:
                raise TenderError(tr("type the card's reference."))
            if not is_plain_text(text):
                raise TenderError(tr("type the card's reference without control characters."))
            return CardTender(amount=total, reference=text)
        case Method.COMPLIMENTARY:
            if not text:
                raise TenderError(tr("type a reason."))
            if not is_plain_text(text):
                raise TenderError(tr("type a reason without control characters."))
            return ComplimentaryTender(amount=total, reason=text)


def part_of(typed: str, due: Money) -> CashTender:
    """Return the cash that pays a part of what is due; raises TenderError."""
    text = typed.strip()
    if not text:
        raise TenderError(tr("type the cash that was given, then the rest is paid otherwise."))
    try:
        given = parse_amount(text, due.currency)
    except ValueError as error:
        raise TenderError(str(error)) from error
    if not 0 < given.amount < due.amount:
        raise TenderError(tr("a part is more than nothing and less than {due}.", due=money(due)))
    return CashTender(amount=given, given=given, change=Money.zero(due.currency))


def taken_words(tender: TenderLine) -> str:
    """Return what a part of a payment that was taken is called, e.g. `Cash taken`."""
    match tender:
        case CashTender():
            return tr("Cash taken")
        case CardTender():
            return tr("Card taken")
        case _:
            return tr("{method} taken", method=clean(tender.method))


def change_words(tender: TenderLine) -> str:
    """Return what to say of a tender line on the ticket screen."""
    match tender:
        case CashTender():
            if tender.change.amount:
                return tr(
                    "Change {change} of {given}",
                    change=money(tender.change),
                    given=money(tender.given),
                )
            return tr("Cash {amount}, exact", amount=money(tender.amount))
        case CardTender():
            return tr("Card {amount}", amount=money(tender.amount))
        case ComplimentaryTender():
            return tr("Complimentary")
        case newer:
            return f"{clean(newer.method)} {money(newer.amount)}"


def _cash(text: str, total: Money) -> CashTender:
    if not text:
        return CashTender(amount=total, given=total, change=Money.zero(total.currency))
    try:
        given = parse_amount(text, total.currency)
    except ValueError as error:
        raise TenderError(str(error)) from error
    if given.amount < total.amount:
        msg = tr(
            "{given} is less than the total; {missing} is missing.",
            given=money(given),
            missing=money(total - given),
        )
        raise TenderError(msg)
    return CashTender(amount=total, given=given, change=given - total)
