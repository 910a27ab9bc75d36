"""How many tickets, and what they cost."""

from datetime import timedelta
from typing import Final

from rich.table import Table
from rich.text import Text

from kiosk_contracts.money import Money
from kiosk_ui.widgets.steady import Steady
from kiosk_ui.words import minutes_words

_SOON: Final = timedelta(minutes=1)


class TotalLine(Steady):
    """The cart's total, large enough to be seen."""

    DEFAULT_CSS = """
    TotalLine.soon { color: $text-warning; }
    TotalLine { height: 3; padding: 1 2; background: $panel; text-style: bold; margin-top: 1; }
    """

    def show(
        self, tickets: int, total: Money | None, *, sure: bool, hold_left: timedelta | None = None
    ) -> None:
        """Show a total; `sure` says that the agent holds exactly these tickets, and how long."""
        left = None if hold_left is None else minutes_words(hold_left)
        if not self.is_new((tickets, total, sure, left)):
            return
        grid = Table.grid(expand=True)
        grid.add_column(ratio=1)
        grid.add_column(justify="right")
        noun = "ticket" if tickets == 1 else "tickets"
        amount = "" if total is None else f"Total {total}"
        words = Text(f"{tickets} {noun}")
        if left is not None and sure:
            words.append(f" · held for {left}")
        self.set_class(hold_left is not None and hold_left < _SOON, "soon")
        grid.add_row(words, Text(amount if sure else f"… {amount}"))
        self.update(grid, layout=False)
