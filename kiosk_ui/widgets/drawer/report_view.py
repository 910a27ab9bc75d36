"""A report, line by line."""

from collections.abc import Iterable

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.widgets import Static

from kiosk_ui.report_words import ReportLine


class ReportView(Static):
    """Labels on the left, amounts on the right."""

    DEFAULT_CSS = """
    ReportView { height: auto; max-width: 72; padding: 0 1; }
    """

    def show(self, lines: Iterable[ReportLine]) -> None:
        """Show these lines."""
        self.update(Group(*(_render(line) for line in lines)))


def _render(line: ReportLine) -> Table | Text:
    """Return a line; one without an amount takes the whole width."""
    style = "bold" if line.strong else ""
    if not line.value:
        return Text(line.label, style)
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(ratio=1)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(Text(line.label, style), Text(line.value, style))
    return grid
