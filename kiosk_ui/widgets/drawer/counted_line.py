"""What was counted so far."""

from rich.table import Table
from rich.text import Text
from textual.widgets import Static

from kiosk_contracts.money import Money


class CountedLine(Static):
    """The sum, large enough to be seen."""

    DEFAULT_CSS = """
    CountedLine { height: 3; padding: 1 2; background: $panel; text-style: bold; margin-top: 1; }
    """

    def show(self, counted: Money) -> None:
        """Show a sum."""
        grid = Table.grid(expand=True)
        grid.add_column(ratio=1)
        grid.add_column(justify="right")
        grid.add_row(Text("In the drawer"), Text(str(counted)))
        self.update(grid)
