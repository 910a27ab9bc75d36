"""What a person types for each way of paying, and the tender line it makes. No I/O."""

from collections.abc import Iterable
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
        mark("Type the reference that the card terminal printed; Tab goes to the amount."),
    ),
    Method.COMPLIMENTARY: MethodWords(
        "f7", mark("Complimentary"), mark("Reason"), mark("Type why these tickets are given away.")
    ),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed for a way of paying."""

    text: str
    """Cash given, the card's reference, or the reason."""
    amount: str = ""
    """Of a card; empty is all that is left."""
    pin: str = ""
    """A manager's, where tickets are given away."""


class TenderError(ValueError):
    """What was typed makes no tender; the message says why to the person, in a sentence."""


def tender_of(
    method: Method, typed: str, due: Money, most_change: Money | None = None
) -> TenderLine:
    """Return the tender line that pays all of `due`; raises TenderError.

    `most_change` is what is given back at most of what was given; None where nobody says.
    """
    text = typed.strip()
    match method:
        case Method.CASH:
            return _cash(text, due, most_change)
        case Method.CARD:
            return CardTender(amount=due, reference=_reference(text))
        case Method.COMPLIMENTARY:
            if not text:
                raise TenderError(tr("type a reason."))
            if not is_plain_text(text):
                raise TenderError(tr("type a reason without control characters."))
            return ComplimentaryTender(amount=due, reason=text)


def pays_a_part(method: Method, typed: Typed, due: Money) -> bool:
    """Say whether Enter takes a part: an amount of a card below what is due; raises TenderError."""
    if method is not Method.CARD or not typed.amount.strip():
        return False
    amount = _amount(typed.amount, due)
    if amount.amount > due.amount:
        raise TenderError(
            tr("{amount} is more than the {due} to pay.", amount=money(amount), due=money(due))
        )
    return amount != due


def part_of(method: Method, typed: Typed, due: Money) -> TenderLine:
    """Return the tender line that pays a part of what is due; raises TenderError."""
    match method:
        case Method.CASH:
            if not typed.text.strip():
                msg = tr("type the cash that was given, then the rest is paid otherwise.")
                raise TenderError(msg)
            given = _part(typed.text, due)
            return CashTender(amount=given, given=given, change=Money.zero(due.currency))
        case Method.CARD:
            reference = _reference(typed.text.strip())
            if not typed.amount.strip():
                raise TenderError(tr("type the amount that this card paid: Tab goes there."))
            return CardTender(amount=_part(typed.amount, due), reference=reference)
        case Method.COMPLIMENTARY:
            raise TenderError(
                tr("Enter gives away all that is left; take parts in cash or by card first.")
            )


def parts_back(taken: Iterable[TenderLine]) -> tuple[TenderLine, ...]:
    """Return what is to be given back of parts that were taken: the cash as one, card by card."""
    cash: CashTender | None = None
    others: dict[str, CardTender] = {}
    rest: list[TenderLine] = []
    for part in taken:
        match part:
            case CashTender():
                amount = part.amount if cash is None else cash.amount + part.amount
                cash = CashTender(amount=amount, given=amount, change=Money.zero(amount.currency))
            case CardTender():
                before = others.get(part.reference)
                amount = part.amount if before is None else before.amount + part.amount
                others[part.reference] = CardTender(amount=amount, reference=part.reference)
            case _:
                rest.append(part)
    return (*([cash] if cash is not None else []), *others.values(), *rest)


def taken_words(tender: TenderLine) -> str:
    """Return what a part of a payment that was taken is called, e.g. `Cash taken`."""
    match tender:
        case CashTender():
            return tr("Cash taken")
        case CardTender():
            return tr("Card {reference} taken", reference=clean(tender.reference))
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


def given_words(typed: str, due: Money, most_change: Money | None) -> tuple[str, str]:
    """Return what to say of the cash that was given, and the change, empty if there is none."""
    try:
        given = parse_amount(typed, due.currency)
        _check_change(given, due, most_change)
    except ValueError as error:
        return str(error), ""
    if given.amount < due.amount:
        missing = money(due - given)
        words = tr(
            "{amount} is missing: F9 takes this in cash and asks for the rest.", amount=missing
        )
        return words, ""
    change = money(given - due)
    return tr("Change: {amount}", amount=change), change


def _cash(text: str, due: Money, most_change: Money | None) -> CashTender:
    if not text:
        return CashTender(amount=due, given=due, change=Money.zero(due.currency))
    given = _amount(text, due)
    if given.amount < due.amount:
        msg = tr(
            "{given} is less than the {due} to pay; {missing} is missing.",
            given=money(given),
            due=money(due),
            missing=money(due - given),
        )
        raise TenderError(msg)
    _check_change(given, due, most_change)
    return CashTender(amount=due, given=given, change=given - due)


def _check_change(given: Money, due: Money, most: Money | None) -> None:
    if most is not None and most.currency == given.currency and (given - due).amount > most.amount:
        msg = tr(
            "{given} for {due} is a slip: {most} at most is given back. Type what was given.",
            given=money(given),
            due=money(due),
            most=money(most),
        )
        raise TenderError(msg)


def _reference(text: str) -> str:
    if not text:
        raise TenderError(tr("type the card's reference."))
    if not is_plain_text(text):
        raise TenderError(tr("type the card's reference without control characters."))
    return text


def _part(text: str, due: Money) -> Money:
    amount = _amount(text, due)
    if not 0 < amount.amount < due.amount:
        raise TenderError(tr("a part is more than nothing and less than {due}.", due=money(due)))
    return amount


def _amount(text: str, due: Money) -> Money:
    try:
        return parse_amount(text, due.currency)
    except ValueError as error:
        raise TenderError(str(error)) from error
