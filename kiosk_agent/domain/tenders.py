"""Whether a tender pays for a sale, and how it is given back."""

from collections.abc import Sequence

from kiosk_agent.domain import refusals_cart
from kiosk_contracts.money import Money
from kiosk_contracts.tender import (
    CardTender,
    CashTender,
    ComplimentaryTender,
    TenderLine,
    UnknownTender,
)


def check_tender(tender: Sequence[TenderLine], due: Money) -> None:
    """Raise ProblemError `tender_differs` unless the lines add up to `due` exactly."""
    paid = Money.zero(due.currency)
    for line in tender:
        _check_line(line, due.currency)
        paid += line.amount
    if paid != due:
        raise refusals_cart.payment_adds_up_otherwise(due, paid)


def check_taken(taken: Sequence[TenderLine], due: Money) -> None:
    """Raise ProblemError `tender_differs` unless the parts leave something of `due` to pay."""
    paid = Money.zero(due.currency)
    for line in taken:
        _check_line(line, due.currency)
        if not line.amount.amount:
            raise refusals_cart.part_of_nothing()
        paid += line.amount
    if paid.amount >= due.amount:
        raise refusals_cart.part_pays_all(paid, due)


def check_has_taken(tender: Sequence[TenderLine], taken: Sequence[TenderLine]) -> None:
    """Raise ProblemError `tender_differs` if a part that was taken is missing from a tender."""
    left = list(tender)
    for line in taken:
        if line not in left:
            raise refusals_cart.taken_is_missing(line.amount)
        left.remove(line)


def is_complimentary(tender: Sequence[TenderLine]) -> bool:
    """Say whether no money is taken at all."""
    return all(isinstance(line, ComplimentaryTender) for line in tender)


def gives_away(tender: Sequence[TenderLine]) -> bool:
    """Say whether any of it is waived: that needs a manager."""
    return any(isinstance(line, ComplimentaryTender) for line in tender)


def money_of(tender: Sequence[TenderLine]) -> tuple[TenderLine, ...]:
    """Return the lines that money was taken for: what was waived is given back to nobody."""
    return tuple(line for line in tender if not isinstance(line, ComplimentaryTender))


def log_words(tender: Sequence[TenderLine]) -> list[str]:
    """Return lines as the log has them, e.g. `card 15.00 EUR (4021)`."""
    return [_log_words(line) for line in tender]


def give_back(tender: Sequence[TenderLine]) -> tuple[TenderLine, ...]:
    """Return how a sale's tender is reversed: cash as coins, a card by its reference."""
    return tuple(_reversed(line) for line in tender)


def _check_line(line: TenderLine, currency: str) -> None:
    amounts = [line.amount]
    match line:
        case CashTender():
            amounts += [line.given, line.change]
        case UnknownTender():
            raise refusals_cart.method_not_taken(line.method)
        case CardTender() | ComplimentaryTender():
            pass
    for amount in amounts:
        if amount.currency != currency:
            raise refusals_cart.tender_in_other_currency(amount, currency)
        if amount.amount < 0:
            raise refusals_cart.tender_below_nothing(amount)


def _log_words(line: TenderLine) -> str:
    words = f"{line.method} {line.amount}"
    return f"{words} ({line.reference})" if isinstance(line, CardTender) else words


def _reversed(line: TenderLine) -> TenderLine:
    match line:
        case CashTender():
            nothing = Money.zero(line.amount.currency)
            return CashTender(amount=line.amount, given=line.amount, change=nothing)
        case CardTender() | ComplimentaryTender() | UnknownTender():
            return line
