"""What is paid for and what was taken of it already, line by line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text
from textual.visual import VisualType

from kiosk_ui.looks import Look, in_words
from kiosk_ui.widgets.steady import Steady


@dataclass(frozen=True, slots=True)
class PaidLine:
    """How many of what, and the amount; without a count it is no ticket."""

    what: str
    amount: str
    count: str = ""
    strong: bool = False


class PaidLines(Steady):
    """Counts and amounts in columns; in the plain look one after the other."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    PaidLines { height: auto; padding-right: 2; margin-bottom: 1; }
    .look-plain PaidLines { padding: 0 2; }
    .-short PaidLines { margin: 0; }
    """
    _paid: Sequence[PaidLine] = ()

    def show(self, lines: Iterable[PaidLine]) -> None:
        """Show these lines."""
        self._paid = tuple(lines)
        self.tell(self._paid)

    def written(self, look: Look) -> VisualType:
        """Write them below each other."""
        if look is Look.PLAIN:
            return Text("\n").join(map(_spoken, self._paid))
        grid = Table.grid(expand=True, padding=(0, 1))
        grid.add_column(justify="right", width=4)
        grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        grid.add_column(justify="right", no_wrap=True)
        for line in self._paid:
            style = "bold" if line.strong else ""
            grid.add_row(*(Text(cell, style) for cell in (line.count, line.what, line.amount)))
        return grid


def _spoken(line: PaidLine) -> Text:
    words = f"{line.count} {in_words(line.what)}".lstrip()
    words = f"{words}: {line.amount}" if line.amount else words
    return Text(words, "bold" if line.strong else "")
