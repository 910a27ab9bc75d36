"""What must be in a drawer by what was handed over the counter, kept beside the kiosk.

It knows nothing of what a screen says: the count at the end is what a person would find there.
"""

from decimal import Decimal

from demo.plan import Basket, Pay, total_of
from demo.season import Season


class DrawerBook:
    """One drawer; amounts in the season's currency."""

    def __init__(self, opening_float: str, season: Season) -> None:
        self._season = season
        self.must_hold = Decimal(opening_float)

    def sold(self, basket: Basket) -> None:
        """Put in the cash that a sale left there: what was given less the change."""
        self.must_hold += self._cash_of(basket)

    def voided(self, basket: Basket) -> None:
        """Take out the cash that was given back."""
        self.must_hold -= self._cash_of(basket)

    def moved(self, amount: str, *, into: bool) -> None:
        """Put cash in or take it out otherwise."""
        self.must_hold += Decimal(amount) if into else -Decimal(amount)

    def _cash_of(self, basket: Basket) -> Decimal:
        match basket.pay:
            case Pay.EXACT_CASH | Pay.CASH:
                return total_of(basket, self._season).amount
            case Pay.SPLIT:
                return Decimal(basket.given)
            case Pay.CARD | Pay.COMPLIMENTARY:
                return Decimal(0)
