"""What to do with a refund's money now, in a line that nobody overlooks."""

from rich.text import Text
from textual.visual import VisualType

from kiosk_contracts.refunds import RefundDecision, RefundStanding
from kiosk_ui.looks import Look
from kiosk_ui.refund_words import refund_headline, refund_sign
from kiosk_ui.widgets.steady import Steady


class DecisionWords(Steady):
    """Give it, give none, not yet, or given already."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    DecisionWords { height: auto; text-style: bold; margin-bottom: 1; }
    DecisionWords.give_back { color: $text-success; }
    DecisionWords.refused { color: $text-error; }
    DecisionWords.asking { color: $text-warning; }
    .-short DecisionWords { margin-bottom: 0; }
    """
    _sign = ""
    _words = ""

    def show(self, refund: RefundStanding) -> None:
        """Show what the ticket API has said."""
        for known in RefundDecision:
            self.set_class(known == refund.decision, known.value)
        self._sign, self._words = refund_sign(refund), refund_headline(refund)
        self.tell((self._sign, self._words))

    def written(self, look: Look) -> VisualType:
        """Write the sign before the words, but in the plain look: `Done` would be said of both."""
        return Text(self._words if look is Look.PLAIN else f"{self._sign} {self._words}")
