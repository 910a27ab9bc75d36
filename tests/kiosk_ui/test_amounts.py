"""Amounts as they are typed, at any venue."""

from decimal import Decimal

import pytest

from kiosk_contracts.money import Money
from kiosk_texts import read_language, speaking
from kiosk_ui.amounts import amount_to_type, parse_amount

LOCALES = ("en_GB", "de_DE", "de_CH", "fr_FR", "ar_EG", "en_XA")


@pytest.mark.parametrize("tag", LOCALES)
@pytest.mark.parametrize(
    ("typed", "amount"), [("12", "12.00"), ("12.5", "12.50"), (" 12,50 ", "12.50"), ("0", "0.00")]
)
def test_amounts_are_read_with_point_or_comma_wherever_the_venue_is(
    typed: str, amount: str, tag: str
) -> None:
    with speaking(read_language(tag)):
        assert parse_amount(typed, "EUR") == Money(amount=Decimal(amount), currency="EUR")


@pytest.mark.parametrize("tag", LOCALES)
@pytest.mark.parametrize("typed", ["1.250", "1,250", "1.250,00", "1,250.00"])
def test_what_one_country_reads_as_another_amount_than_the_next_is_refused(
    typed: str, tag: str
) -> None:
    with speaking(read_language(tag)), pytest.raises(ValueError, match=r"12[.,]50"):
        parse_amount(typed, "EUR")


@pytest.mark.parametrize("typed", ["", "ten", "-1", "1.005", "nan", "inf", "1e12", "1 2", "1.2.3"])
def test_what_is_no_amount_is_refused_in_words(typed: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        parse_amount(typed, "EUR")


@pytest.mark.parametrize(
    ("tag", "currency", "example"),
    [("en_GB", "EUR", "12.50"), ("de_DE", "EUR", "12,50"), ("ja_JP", "JPY", "12")],
)
def test_the_example_is_typed_as_the_venue_types(tag: str, currency: str, example: str) -> None:
    with (
        speaking(read_language(tag)),
        pytest.raises(ValueError, match=rf" {example}\.$"),
    ):
        parse_amount("1e", currency)


@pytest.mark.parametrize("tag", LOCALES)
@pytest.mark.parametrize(
    ("amount", "currency"), [("1234567.05", "EUR"), ("0.50", "EUR"), ("1200", "JPY"), ("0", "KWD")]
)
def test_what_a_field_is_filled_with_is_read_as_the_same_amount(
    amount: str, currency: str, tag: str
) -> None:
    due = Money(amount=Decimal(amount), currency=currency)
    with speaking(read_language(tag)):
        assert parse_amount(amount_to_type(due), currency) == due


def test_a_german_field_is_filled_with_a_comma() -> None:
    with speaking(read_language("de_DE")):
        assert amount_to_type(Money(amount=Decimal("1250.50"), currency="EUR")) == "1250,50"


@pytest.mark.parametrize(
    "typed", ["1e9999999", "1e3", "1E-1", "12_5", "1__0", "0x10", "Infinity", "NaN", "9" * 40, "."]
)
def test_what_only_a_program_takes_for_a_number_is_no_amount(typed: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        parse_amount(typed, "EUR")
