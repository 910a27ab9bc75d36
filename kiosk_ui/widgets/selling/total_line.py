"""How many tickets, and what they cost."""

from datetime import timedelta
from typing import Final

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from kiosk_contracts.money import Money
from kiosk_ui.widgets.cells import Cell, Cells
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
        noun = "ticket" if tickets == 1 else "tickets"
        count = f"{tickets} {noun}"
        amount = "" if total is None else f"Total {total}"
        if left is not None and sure:
            count += f" · held for {left}"
        self.set_class(hold_left is not None and hold_left < _SOON, "soon")
        amount = amount if sure else f"… {amount}"
        if not amount:
            self.update(Text(count), layout=False)
            return
        cells = (Cell(count), Cell(amount, cell_len(amount), "right"))
        self.update(Cells(self, cells, lambda: _table(count, amount), gap=""), layout=False)


def _table(count: str, amount: str) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1)
    grid.add_column(justify="right")
    grid.add_row(Text(count), Text(amount))
    return grid
