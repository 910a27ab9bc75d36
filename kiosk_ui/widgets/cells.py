"""Cells side by side on one line, painted without a table's reckoning, with each key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style as RichStyle
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, RichVisual, Visual
from textual.widget import Widget

_PLAIN: Final = RichStyle.null()


@dataclass(frozen=True, slots=True)
class Cell:
    """A text in its column; one without a width takes what is left, and one of each line does."""

    text: str
    width: int | None = None
    justify: Literal["left", "right"] = "left"

    def at(self, width: int) -> str:
        """Return the text at a width, cut with an ellipsis where it does not fit."""
        text = self.text
        if cell_len(text) > width:
            text = set_cell_size(text, width - 1) + "…"
        pad = " " * (width - cell_len(text))
        return pad + text if self.justify == "right" else text + pad


class Cells(Visual):
    """One line of cells with `gap` between them; where it is too narrow, the same as a table."""

    def __init__(
        self,
        widget: Widget,
        cells: Sequence[Cell],
        table: Callable[[], RenderableType],
        style: RichStyle = _PLAIN,
        *,
        gap: str = " ",
    ) -> None:
        self._widget = widget
        self._cells = cells
        self._table = table
        self._style = style
        self._gap = gap
        self._taken = sum(cell.width or 0 for cell in cells) + len(gap) * (len(cells) - 1)

    def get_optimal_width(self, _rules: RulesMap, container_width: int) -> int:
        """Return all that there is."""
        return container_width

    def get_height(self, _rules: RulesMap, _width: int) -> int:
        """Return its one line."""
        return 1

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """Return its one strip at a width, in a style."""
        left = width - self._taken
        if left < 1:
            table = RichVisual(self._widget, self._table())
            return table.render_strips(width, height, style, options)[:1]
        outer = style.rich_style
        segments: list[Segment] = []
        for cell in self._cells:
            if segments and self._gap:
                segments.append(Segment(self._gap, outer))
            text = cell.at(left if cell.width is None else cell.width)
            segments.append(Segment(text, outer + self._style))
        return [Strip(segments, width)]
