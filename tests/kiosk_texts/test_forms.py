"""Amounts and dates stand in the form of the venue's locale."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from kiosk_contracts.money import Money
from kiosk_texts import (
    day,
    day_and_time,
    exact_day,
    exact_day_and_time,
    money,
    read_language,
    speaking,
    time,
)

EVENING = datetime(2026, 11, 21, 20, 14, 5, tzinfo=UTC)


def shown(tag: str, amount: str, currency: str = "EUR") -> str:
    with speaking(read_language(tag)):
        return money(Money(amount=Decimal(amount), currency=currency))


@pytest.mark.parametrize(
    ("tag", "amount", "currency", "text"),
    [
        ("en_GB", "12.50", "EUR", "€12.50"),
        ("en_GB", "-0.05", "EUR", "-€0.05"),
        ("en_GB", "1234567.05", "EUR", "€1,234,567.05"),
        ("de_DE", "12.50", "EUR", "12,50\xa0€"),
        ("de_DE", "-1234567.05", "EUR", "-1.234.567,05\xa0€"),
        ("de_CH", "12.50", "CHF", "CHF\xa012.50"),
        ("fr_FR", "1234.00", "EUR", "1\xa0234,00\xa0€"),
        ("ja_JP", "1200", "JPY", "￥1,200"),
        ("en_GB", "1.250", "KWD", "KWD1.250"),
        ("en_XA", "12.50", "EUR", "€12.50"),
    ],
)
def test_an_amount_has_the_locales_form_and_the_currencys_digits(
    tag: str, amount: str, currency: str, text: str
) -> None:
    assert shown(tag, amount, currency) == text


def test_no_amount_has_characters_that_terminals_take_in_their_own_ways() -> None:
    for tag in ("ar_EG", "fr_CH", "he_IL"):
        assert not set(shown(tag, "-1234.50")) & set("\u200e\u200f\u202f\u2066\u2069\u061c")


def test_days_and_times_have_the_locales_form() -> None:
    with speaking(read_language("en_GB")):
        assert day_and_time(EVENING) == "Sat 21 Nov 20:14"
        assert (day(EVENING), time(EVENING)) == ("Sat 21 Nov", "20:14:05")
        assert exact_day(EVENING) == "Saturday, 21 November 2026"
        assert exact_day_and_time(EVENING) == "Sat, 21 Nov 2026 20:14"
    with speaking(read_language("de_DE")):
        assert day_and_time(EVENING) == "Sa., 21. Nov. 20:14"
        assert exact_day(EVENING) == "Samstag, 21. November 2026"
        assert exact_day_and_time(EVENING) == "Sa., 21. Nov. 2026 20:14"
    with speaking(read_language("en_US")):
        assert day_and_time(EVENING) == "Sat, Nov 21 8:14\xa0PM"


def test_a_moment_is_shown_in_the_zone_that_it_is_in() -> None:
    assert time(EVENING.astimezone(ZoneInfo("Europe/Berlin"))) == "21:14:05"
    assert day_and_time(EVENING.astimezone(ZoneInfo("Asia/Tokyo"))) == "Sun 22 Nov 05:14"
