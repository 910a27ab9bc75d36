"""What it is on the left, how much on the right; one line."""

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text
from textual.visual import VisualType

from kiosk_ui.looks import Look, in_words
from kiosk_ui.widgets.cells import Cell, Cells
from kiosk_ui.widgets.steady import Steady


class LabelAndSum(Steady):
    """Fills its line; in the plain look the two follow each other as words."""

    DEFAULT_CSS = """
    LabelAndSum { width: 100%; height: 1; }
    """
    _said = ("", "", "")

    def show(self, label: str, total: str, *, spoken: str = "") -> None:
        """Show these; in the plain look `spoken` stands for both, if that is not empty."""
        self._said = (label, total, spoken or ": ".join(filter(None, (label, total))))
        self.tell(self._said)

    def written(self, look: Look) -> VisualType:
        """Write both."""
        label, total, spoken = self._said
        if look is Look.PLAIN:
            return Text(in_words(spoken))
        if not total:
            return Text(label)
        cells = (Cell(label), Cell(total, cell_len(total), "right"))
        return Cells(self, cells, lambda: _table(label, total), gap="")


def _table(label: str, total: str) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(ratio=1)
    grid.add_column(justify="right")
    grid.add_row(Text(label), Text(total))
    return grid
