"""Money: decimal, in one currency, in one text; never a float."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from kiosk_contracts.money import Money, total
from kiosk_contracts.wire import canonical_hash

_WITHOUT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_MINOR_DIGITS = {
    **dict.fromkeys(_WITHOUT.split(), 0),
    **dict.fromkeys(("EUR", "USD", "GBP", "CHF", "HUF"), 2),
    **dict.fromkeys(_THOUSANDTHS, 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""ISO 4217, table A.1."""


def _money(amount: Any, currency: Any = "EUR") -> Money:
    return Money.model_validate({"amount": amount, "currency": currency})


@pytest.mark.parametrize(("currency", "digits"), _MINOR_DIGITS.items())
def test_an_amount_is_written_with_the_currencys_minor_digits(currency: str, digits: int) -> None:
    whole = "7" + ("." + "0" * digits if digits else "")
    assert _money("7", currency).to_json() == {"amount": whole, "currency": currency}
    with pytest.raises(ValidationError, match=f"in {currency} has at most {digits} decimals"):
        _money("7." + "0" * digits + "1", currency)


@given(st.integers(min_value=-(10**14) + 1, max_value=10**14 - 1), st.integers(0, 5))
def test_one_amount_has_one_text_however_it_came(cents: int, zeros: int) -> None:
    sign, (whole, part) = "-" if cents < 0 else "", divmod(abs(cents), 100)
    canonical = f"{sign}{whole}.{part:02d}"
    read = _money(canonical + "0" * zeros)
    assert read.to_json()["amount"] == canonical
    assert str(read) == f"{canonical} EUR"
    assert Money.model_validate(read.to_json()) == read
    assert canonical_hash(read.to_json()) == canonical_hash(_money(canonical).to_json())


@pytest.mark.parametrize(
    ("given", "text"),
    [("-0", "0.00"), ("-0.00", "0.00"), ("12.5", "12.50"), (Decimal("1E+3"), "1000.00")],
)
def test_zero_has_no_sign_and_no_amount_an_exponent(given: Any, text: str) -> None:
    assert _money(given).to_json()["amount"] == text


@pytest.mark.parametrize("number", [12.5, 12.0, 12, 0, True, float("inf"), float("nan")])
def test_a_number_is_no_amount_because_it_may_have_been_a_float(number: object) -> None:
    with pytest.raises(ValidationError, match="not a number"):
        _money(number)


@pytest.mark.parametrize("number", ["12.5", "12"])
def test_a_number_in_json_is_no_amount_either(number: str) -> None:
    with pytest.raises(ValidationError, match="not a number"):
        Money.model_validate_json(f'{{"amount": {number}, "currency": "EUR"}}')


@pytest.mark.parametrize(
    "text",
    [
        *["", ".5", "5.", "1e3", "+1", " 1", "1 ", "1\n", "1_0", "1,50", "0x1", "--1", "\u0661"],
        *["NaN", "Infinity", "-inf", "sNaN", None, [], {}],
    ],
)
def test_other_texts_are_no_amount(text: object) -> None:
    with pytest.raises(ValidationError):
        _money(text)


@pytest.mark.parametrize("text", ["NaN", "-NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_not_finite_is_no_amount(text: str) -> None:
    with pytest.raises(ValidationError):
        Money(amount=Decimal(text), currency="EUR")


def test_an_amount_is_below_a_million_millions_on_both_sides() -> None:
    assert _money("999999999999.99").amount == Decimal("999999999999.99")
    assert _money("-999999999999.99").amount == Decimal("-999999999999.99")
    for over in ("1000000000000", "-1000000000000", "9" * 40):
        with pytest.raises(ValidationError, match="below 1000000000000"):
            _money(over)


@pytest.mark.parametrize("currency", ["", "EU", "EURO", "eur", "E1R", "€", "EUR ", None, 978])
def test_a_currency_is_three_capitals(currency: object) -> None:
    with pytest.raises(ValidationError):
        _money("1.00", currency)


def test_amounts_add_and_multiply_within_their_currency() -> None:
    price = _money("19.90")
    assert price + _money("0.10") == _money("20.00")
    assert price - _money("20.00") == _money("-0.10")
    assert price * 3 == _money("59.70")
    assert total([price, price], "EUR") == _money("39.80")
    assert total([], "JPY") == Money.zero("JPY") == _money("0", "JPY")


@pytest.mark.parametrize("nothing", [_money("1.00") - _money("1.00"), Money.zero("EUR") * -1])
def test_nothing_has_no_sign_however_it_came(nothing: Money) -> None:
    assert str(nothing) == "0.00 EUR"
    assert nothing.to_json() == Money.zero("EUR").to_json()


def test_two_currencies_never_mix() -> None:
    euros, francs = _money("1.00"), _money("1.00", "CHF")
    assert euros != francs
    with pytest.raises(ValueError, match="EUR and CHF cannot be added up"):
        _ = euros + francs
    with pytest.raises(ValueError, match="EUR and CHF cannot be added up"):
        _ = euros - francs
    with pytest.raises(ValueError, match="EUR and CHF cannot be added up"):
        total([francs], "EUR")


def test_a_sum_beyond_the_limit_is_refused() -> None:
    most = _money("999999999999.99")
    with pytest.raises(ValidationError, match="below"):
        _ = most + _money("0.01")
    with pytest.raises(ValidationError, match="below"):
        _ = most * 2
