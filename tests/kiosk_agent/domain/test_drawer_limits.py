"""What is a slip in other currencies: about as much as in euros."""

from decimal import Decimal

import pytest

from kiosk_agent.domain.drawer_limits import DrawerLimits

PER_EURO = {
    "BGN": "1.96",
    "CHF": "0.94",
    "CNY": "8.2",
    "CZK": "24.5",
    "DKK": "7.46",
    "GBP": "0.86",
    "HKD": "9",
    "HUF": "390",
    "IDR": "18500",
    "INR": "97",
    "ISK": "143",
    "JPY": "170",
    "KRW": "1600",
    "MXN": "21",
    "NOK": "11.7",
    "PLN": "4.27",
    "RON": "5.05",
    "SEK": "11.1",
    "TRY": "48",
    "USD": "1.15",
    "VND": "29500",
}
"""About, in these years."""


@pytest.mark.parametrize("currency", sorted(PER_EURO))
def test_a_limit_is_worth_what_it_is_in_euros(currency: str) -> None:
    told = DrawerLimits().told(currency)
    for most, euros in ((told.change, 1_000), (told.opening_float, 5_000), (told.moved, 10_000)):
        assert most.currency == currency
        worth = most.amount / Decimal(PER_EURO[currency])
        assert Decimal("0.8") * euros <= worth <= Decimal("1.4") * euros


def test_of_a_currency_nobody_thought_of_hardly_anything_is_a_slip() -> None:
    assert DrawerLimits().told("KWD").change.amount == 1_000_000
