"""What is typed for cash, card and complimentary, and the tender line it makes."""

from decimal import Decimal

import pytest

from kiosk_contracts.money import Money
from kiosk_contracts.tender import CardTender, CashTender, ComplimentaryTender, UnknownTender
from kiosk_ui.payment_methods import Method, TenderError, change_words, tender_of


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
