"""Amounts too large to be meant: a barcode typed as cash, a missing point. A slip, not a rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kiosk_agent.domain import refusals_amounts
from kiosk_contracts.money import Money
from kiosk_contracts.staff import AmountLimits
from kiosk_contracts.tender import CashTender, TenderLine

MOST_CHANGE: Final = 100_000
MOST_FLOAT: Final = 500_000
MOST_MOVED: Final = 1_000_000
"""In the currency's smallest unit: 1,000.00, 5,000.00 and 10,000.00 of most currencies."""


@dataclass(frozen=True, slots=True)
class DrawerLimits:
    """What one act may take or move at most, in the currency's smallest unit.

    Nobody is locked out by them: more is paid in, or out, in parts.
    """

    change: int = MOST_CHANGE
    """To be given back for one sale."""
    opening_float: int = MOST_FLOAT
    moved: int = MOST_MOVED
    """Paid in or out at once."""

    def told(self, currency: str) -> AmountLimits:
        """Return them as the UI is told."""
        return AmountLimits(
            change=Money.of_units(self.change, currency),
            opening_float=Money.of_units(self.opening_float, currency),
            moved=Money.of_units(self.moved, currency),
        )

    def check_change(self, tender: Sequence[TenderLine]) -> None:
        """Raise ProblemError `amount_not_plausible` if more cash was given than anybody gives."""
        for line in tender:
            if isinstance(line, CashTender):
                most = Money.of_units(self.change, line.change.currency)
                if line.change.amount > most.amount:
                    raise refusals_amounts.too_much_given(line.given, line.amount, most)

    def check_float(self, opening_float: Money, left: Money | None) -> None:
        """Raise ProblemError `amount_not_plausible` if a drawer does not begin with so much.

        `left` is what was counted in a drawer that goes on: it may be a whole evening's takings.
        """
        most = Money.of_units(self.opening_float, opening_float.currency)
        if opening_float.amount > most.amount and opening_float != left:
            raise refusals_amounts.float_too_large(opening_float, most)

    def check_moved(self, amount: Money) -> None:
        """Raise ProblemError `amount_not_plausible` if so much is not paid in or out at once."""
        most = Money.of_units(self.moved, amount.currency)
        if amount.amount > most.amount:
            raise refusals_amounts.moved_too_large(amount, most)
