"""What was counted so far."""

from textual.app import ComposeResult
from textual.containers import VerticalGroup

from kiosk_contracts.money import Money
from kiosk_texts import money, tr
from kiosk_ui.widgets.big_text import BigText
from kiosk_ui.widgets.label_and_sum import LabelAndSum


class CountedLine(VerticalGroup):
    """The sum, large enough to be seen."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    CountedLine { height: 3; padding: 1 2; background: $panel; text-style: bold; margin-top: 1; }
    .look-large CountedLine { height: 4; padding: 0 2; }
    CountedLine BigText { text-align: right; }
    .-short CountedLine { height: 1; padding: 0 1; margin: 0; dock: bottom; }
    .-short CountedLine BigText { display: none; }
    """

    def compose(self) -> ComposeResult:
        """One line, and the sum in block letters below it."""
        yield LabelAndSum()
        yield BigText()

    def show(self, counted: Money) -> None:
        """Show a sum."""
        amount = money(counted)
        self.query_one(LabelAndSum).show(tr("In the drawer"), amount)
        self.query_one(BigText).show(amount)
