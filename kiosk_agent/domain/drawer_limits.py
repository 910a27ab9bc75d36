"""Amounts too large to be meant: a barcode typed as cash, a missing point. A slip, not a rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from kiosk_agent.domain import refusals_amounts
from kiosk_contracts.money import Money
from kiosk_contracts.staff import AmountLimits
from kiosk_contracts.tender import CashTender, TenderLine

MOST_CHANGE: Final = Decimal(1_000)
MOST_FLOAT: Final = Decimal(5_000)
MOST_MOVED: Final = Decimal(10_000)
"""In euros, or what is worth about as much."""
_ALIKE: Final = frozenset({"AUD", "CAD", "CHF", "EUR", "GBP", "NZD", "SGD", "USD"})
"""Currencies of which one is worth about a euro: a slip is a slip at any day's rate."""
_TIMES: Final = {
    "AED": 4,
    "ALL": 100,
    "BGN": 2,
    "BRL": 6,
    "CLP": 1_200,
    "CNY": 10,
    "COP": 5_000,
    "CZK": 25,
    "DKK": 10,
    "HKD": 10,
    "HUF": 400,
    "IDR": 20_000,
    "ILS": 4,
    "INR": 100,
    "ISK": 150,
    "JPY": 200,
    "KRW": 2_000,
    "MXN": 20,
    "MYR": 5,
    "NOK": 10,
    "PHP": 70,
    "PLN": 5,
    "QAR": 4,
    "RON": 5,
    "RSD": 120,
    "SAR": 4,
    "SEK": 10,
    "THB": 40,
    "TRY": 50,
    "TWD": 40,
    "UAH": 50,
    "VND": 30_000,
    "ZAR": 20,
}
"""How many of a currency are worth about a euro, rounded to a plain figure, rather up."""
_TIMES_ELSEWHERE: Final = 1_000
"""Of a currency that nobody thought of: better a slip that passes than a sale that is refused."""


@dataclass(frozen=True, slots=True)
class DrawerLimits:
    """What one act may take or move at most, in the currency's smallest unit; None: as is usual.

    Nobody is locked out by them: more is paid in, or out, in parts.
    """

    change: int | None = None
    """To be given back for one sale."""
    opening_float: int | None = None
    moved: int | None = None
    """Paid in or out at once."""

    def told(self, currency: str) -> AmountLimits:
        """Return them as the UI is told."""
        return AmountLimits(
            change=_most(self.change, MOST_CHANGE, currency),
            opening_float=_most(self.opening_float, MOST_FLOAT, currency),
            moved=_most(self.moved, MOST_MOVED, currency),
        )

    def check_change(self, tender: Sequence[TenderLine]) -> None:
        """Raise ProblemError `amount_not_plausible` if more cash was given than anybody gives."""
        for line in tender:
            if isinstance(line, CashTender):
                most = _most(self.change, MOST_CHANGE, line.change.currency)
                if line.change.amount > most.amount:
                    raise refusals_amounts.too_much_given(line.given, line.amount, most)

    def check_float(self, opening_float: Money, left: Money | None) -> None:
        """Raise ProblemError `amount_not_plausible` if a drawer does not begin with so much.

        `left` is what was counted in a drawer that goes on: it may be a whole evening's takings.
        """
        most = _most(self.opening_float, MOST_FLOAT, opening_float.currency)
        if opening_float.amount > most.amount and opening_float != left:
            raise refusals_amounts.float_too_large(opening_float, most)

    def check_moved(self, amount: Money) -> None:
        """Raise ProblemError `amount_not_plausible` if so much is not paid in or out at once."""
        most = _most(self.moved, MOST_MOVED, amount.currency)
        if amount.amount > most.amount:
            raise refusals_amounts.moved_too_large(amount, most)


def _most(units: int | None, usual: Decimal, currency: str) -> Money:
    """Return a limit: what is set, else what is usual, in money of about that worth."""
    if units is not None:
        return Money.of_units(units, currency)
    times = 1 if currency in _ALIKE else _TIMES.get(currency, _TIMES_ELSEWHERE)
    return Money(amount=usual * times, currency=currency)
