"""A report, line by line."""

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.visual import VisualType

from kiosk_ui.looks import Look, in_words
from kiosk_ui.report_words import ReportLine
from kiosk_ui.widgets.steady import Steady


class ReportView(Steady):
    """Labels on the left, amounts on the right; in the plain look one after the other."""

    DEFAULT_CSS = """
    ReportView { height: auto; max-width: 72; padding: 0 1; }
    """
    _lines: Sequence[ReportLine] = ()

    def show(self, lines: Iterable[ReportLine]) -> None:
        """Show these lines."""
        self._lines = tuple(lines)
        self.tell(self._lines)

    def written(self, look: Look) -> VisualType:
        """Write line by line."""
        if look is Look.PLAIN:
            return Text("\n").join(self._plainly())
        return Group(*map(_render, self._lines))

    def _plainly(self) -> Iterator[Text]:
        for line in self._lines:
            words = ": ".join(filter(None, (in_words(line.label.strip()), in_words(line.value))))
            yield Text(words, "bold" if line.strong else "")


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
