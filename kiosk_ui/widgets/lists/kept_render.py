"""A row that is rendered once, however often the rows around it change."""

from rich.console import RenderableType
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, RichVisual, Visual
from textual.widget import Widget

_MOST_KEPT = 8
"""A row is seen in three styles (plain, chosen, under the mouse), at the width of the moment."""


class KeptRender(Visual):
    """A Rich renderable that remembers its strips; `lines` spares it asking how many they are."""

    def __init__(
        self, widget: Widget, renderable: RenderableType, *, lines: int | None = None
    ) -> None:
        self._rich = RichVisual(widget, renderable)
        self._lines = lines
        self._heights: dict[int, int] = {}
        self._strips: dict[tuple[int, int | None, Style], list[Strip]] = {}

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the width that it would like to have, in cells."""
        return self._rich.get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return its lines at a width."""
        if self._lines is not None:
            return self._lines
        if width not in self._heights:
            self._heights[width] = self._rich.get_height(rules, width)
        return self._heights[width]

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """Return its strips at a width, in a style."""
        key = (width, height, style)
        if key not in self._strips:
            if len(self._strips) == _MOST_KEPT:
                self._strips.clear()
            self._strips[key] = self._rich.render_strips(width, height, style, options)
        return self._strips[key]
