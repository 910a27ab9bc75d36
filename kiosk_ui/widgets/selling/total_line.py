"""How many tickets, and what they cost."""

from rich.table import Table
from rich.text import Text
from textual.widgets import Static

from kiosk_contracts.money import Money


class TotalLine(Static):
    """The cart's total, large enough to be seen."""

    DEFAULT_CSS = """
    TotalLine { height: 3; padding: 1 2; background: $panel; text-style: bold; margin-top: 1; }
    """

    def show(self, tickets: int, total: Money | None, *, sure: bool) -> None:
        """Show a total; `sure` says that the agent holds exactly these tickets."""
        grid = Table.grid(expand=True)
        grid.add_column(ratio=1)
        grid.add_column(justify="right")
        noun = "ticket" if tickets == 1 else "tickets"
        amount = "" if total is None else f"Total {total}"
        grid.add_row(Text(f"{tickets} {noun}"), Text(amount if sure else f"… {amount}"))
        self.update(grid)
