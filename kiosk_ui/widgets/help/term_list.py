"""Keys or signs, each with what it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.visual import VisualType

from kiosk_ui.hints import key_name
from kiosk_ui.looks import Look, key_in_words
from kiosk_ui.widgets.steady import Steady

_TERM_WIDTH: Final = 10


@dataclass(frozen=True, slots=True)
class Term:
    """What is explained, and the explanation."""

    term: str
    means: str


class TermList(Steady):
    """Terms on the left, meanings on the right; in the plain look one after the other."""

    DEFAULT_CSS = """
    TermList { height: auto; width: 100%; margin-bottom: 1; }
    """

    def __init__(self, heading: str, terms: Sequence[Term]) -> None:
        super().__init__()
        self._heading = heading
        self._terms = terms

    def written(self, look: Look) -> VisualType:
        """Write them below each other."""
        heading = Text(self._heading, "bold")
        if look is Look.PLAIN:
            lines = [Text(f"{key_in_words(one.term)}: {one.means}") for one in self._terms]
            return Text("\n").join([heading, *lines])
        grid = Table.grid(expand=True, padding=(0, 1))
        grid.add_column(width=_TERM_WIDTH)
        grid.add_column(ratio=1)
        for one in self._terms:
            grid.add_row(Text(key_name(one.term), "bold"), Text(one.means))
        return Group(heading, grid)
