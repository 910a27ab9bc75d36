"""What is typed for cash, card and complimentary, and the tender line it makes."""

from decimal import Decimal

import pytest

from kiosk_contracts.money import Money
from kiosk_contracts.tender import CardTender, CashTender, ComplimentaryTender, UnknownTender
from kiosk_ui.payment_methods import (
    Method,
    TenderError,
    Typed,
    change_words,
    parts_back,
    pays_a_part,
    tender_of,
)


def euro(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="EUR")


TOTAL = euro("25.00")


@pytest.mark.parametrize(
    ("typed", "given", "change", "words"),
    [
        ("", "25.00", "0.00", "Cash €25.00, exact"),
        ("25", "25.00", "0.00", "Cash €25.00, exact"),
        ("40,5", "40.50", "15.50", "Change €15.50 of €40.50"),
    ],
)
def test_cash_keeps_the_total_and_gives_change(
    typed: str, given: str, change: str, words: str
) -> None:
    tender = tender_of(Method.CASH, typed, TOTAL)
    assert tender == CashTender(amount=TOTAL, given=euro(given), change=euro(change))
    assert change_words(tender) == words


def test_too_little_cash_says_what_is_missing() -> None:
    with pytest.raises(TenderError, match=r"€5\.00 is missing"):
        tender_of(Method.CASH, "20", TOTAL)


def test_card_and_complimentary_keep_what_was_typed() -> None:
    assert tender_of(Method.CARD, " 4021-7788 ", TOTAL) == CardTender(
        amount=TOTAL, reference="4021-7788"
    )
    assert tender_of(Method.COMPLIMENTARY, "press", TOTAL) == ComplimentaryTender(
        amount=TOTAL, reason="press"
    )


@pytest.mark.parametrize("method", [Method.CARD, Method.COMPLIMENTARY])
@pytest.mark.parametrize("typed", ["", "   ", "a\x1b[2J"])
def test_card_and_complimentary_need_plain_words(method: Method, typed: str) -> None:
    with pytest.raises(TenderError, match="type "):
        tender_of(method, typed, TOTAL)


def test_a_newer_way_of_paying_is_still_shown() -> None:
    assert change_words(UnknownTender(method="voucher", amount=TOTAL)) == "voucher €25.00"


def test_what_goes_back_is_the_cash_as_one_and_each_card_by_itself() -> None:
    def coins(amount: str) -> CashTender:
        return CashTender(amount=euro(amount), given=euro(amount), change=euro("0"))

    def card(amount: str, reference: str) -> CardTender:
        return CardTender(amount=euro(amount), reference=reference)

    voucher = UnknownTender(method="voucher", amount=euro("1"))
    taken = [card("3", "A"), coins("2"), voucher, card("4", "B"), coins("0.50"), card("1", "A")]
    assert parts_back(taken) == (coins("2.50"), card("4", "A"), card("4", "B"), voucher)
    assert parts_back([]) == ()


@pytest.mark.parametrize(
    ("method", "amount", "is_part"),
    [
        (Method.CARD, "", False),
        (Method.CARD, " 25,00 ", False),
        (Method.CARD, "24.99", True),
        (Method.CASH, "5", False),
        (Method.COMPLIMENTARY, "5", False),
    ],
)
def test_enter_takes_a_part_where_a_card_pays_less_than_is_due(
    method: Method, amount: str, *, is_part: bool
) -> None:
    assert pays_a_part(method, Typed("4021", amount), TOTAL) == is_part


def test_change_up_to_the_limit_is_given_and_no_more() -> None:
    most = euro("100")
    assert tender_of(Method.CASH, "125", TOTAL, most).amount == TOTAL
    with pytest.raises(TenderError, match=r"€125\.01 for €25\.00 is a slip: €100\.00 at most"):
        tender_of(Method.CASH, "125.01", TOTAL, most)
    other = Money(amount=Decimal(1), currency="USD")
    assert tender_of(Method.CASH, "999", TOTAL, other).amount == TOTAL
