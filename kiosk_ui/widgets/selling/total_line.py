"""How many tickets, and what they cost."""

from datetime import timedelta
from typing import Final

from textual.app import ComposeResult
from textual.containers import VerticalGroup

from kiosk_contracts.money import Money
from kiosk_texts import money, tr, trn
from kiosk_ui.widgets.big_text import BigText
from kiosk_ui.widgets.label_and_sum import LabelAndSum
from kiosk_ui.words import minutes_words, whole_minutes

_SOON: Final = timedelta(minutes=1)


class TotalLine(VerticalGroup):
    """The cart's total, large enough to be seen."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    TotalLine.soon { color: $text-warning; }
    TotalLine { height: 3; padding: 1 2; background: $panel; text-style: bold; margin-top: 1; }
    .look-large TotalLine { height: 4; padding: 0 2; }
    TotalLine BigText { text-align: right; }
    .-short TotalLine { height: 1; padding: 0 1; margin: 0; dock: bottom; }
    .-short TotalLine BigText { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        # Kept, not looked up: a total may still be told while the screen is being taken down.
        self._line = LabelAndSum()
        self._large = BigText()

    def compose(self) -> ComposeResult:
        """One line, and the sum in block letters below it."""
        yield self._line
        yield self._large

    def show(
        self, tickets: int, total: Money | None, *, sure: bool, hold_left: timedelta | None = None
    ) -> None:
        """Show a total; `sure` says that the agent holds exactly these tickets, and how long."""
        count = trn("{count} ticket", "{count} tickets", tickets)
        costs = "" if total is None else money(total)
        amount = tr("Total {amount}", amount=costs) if costs else ""
        amount = amount if sure or not amount else f"… {amount}"
        label, spoken = count, ": ".join(filter(None, (count, amount)))
        if hold_left is not None and sure:
            label += f" · {tr('held for {time}', time=minutes_words(hold_left))}"
            spoken += f", {tr('held for {time}', time=whole_minutes(hold_left))}"
        self.set_class(hold_left is not None and hold_left < _SOON, "soon")
        self._line.show(label, amount, spoken=spoken)
        self._large.show(costs)
