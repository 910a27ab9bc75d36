"""The count of a drawer, and the book that says what must be in it."""

from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from demo.drawer import _PIECES, _pieces
from demo.evening.book import DrawerBook
from demo.evening.venue import evening_venue
from demo.plan import Basket, Pay, total_of
from kiosk_ui.denominations import pieces_of

SEASON = evening_venue(20)(Random(1)).season  # noqa: S311  seeded on purpose
TWO_ADULTS = ((0, 2),)


@given(st.integers(min_value=0, max_value=2_000_000))
def test_the_pieces_are_worth_what_is_counted(cents: int) -> None:
    amount = Decimal(cents) / 100
    counted = zip(_PIECES, _pieces(amount), strict=True)
    assert sum((value * pieces for value, pieces in counted), Decimal(0)) == amount


def test_notes_and_coins_stand_as_the_count_screen_lists_them() -> None:
    assert list(_PIECES) == [money.amount for money in pieces_of("EUR")]


def test_the_book_holds_float_and_cash_of_sales_less_what_was_given_back_and_paid_out() -> None:
    book = DrawerBook("100.00", SEASON)
    exact = Basket(0, TWO_ADULTS)
    with_change = Basket(0, TWO_ADULTS, Pay.CASH, given="500")
    split = Basket(0, TWO_ADULTS, Pay.SPLIT, given="15", words="4021-7788")
    for basket in (exact, with_change, split):
        book.sold(basket)
    for pay in (Pay.CARD, Pay.COMPLIMENTARY):
        book.sold(Basket(0, TWO_ADULTS, pay, words="press"))
    book.moved("7.35", into=True)
    book.moved("20.00", into=False)
    total = total_of(exact, SEASON).amount
    assert book.must_hold == Decimal("102.35") + 2 * total
    book.voided(with_change)
    book.voided(split)
    assert book.must_hold == Decimal("87.35") + total
