"""A row that is rendered once, however often the rows around it change."""

from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual

_MOST_KEPT = 8
"""A row is seen in three styles (plain, chosen, under the mouse), at the width of the moment."""


class KeptRender(Visual):
    """A visual that remembers its strips."""

    def __init__(self, visual: Visual) -> None:
        self._visual = visual
        self._heights: dict[int, int] = {}
        self._strips: dict[tuple[int, int | None, Style], list[Strip]] = {}

    def become(self, visual: Visual) -> None:
        """Show something else, which takes as many lines at any width."""
        self._visual = visual
        self._strips.clear()

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the width that it would like to have, in cells."""
        return self._visual.get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return its lines at a width."""
        if width not in self._heights:
            self._heights[width] = self._visual.get_height(rules, width)
        return self._heights[width]

    def render_strips(
        self, width: int, height: int | None, style: Style, options: RenderOptions
    ) -> list[Strip]:
        """Return its strips at a width, in a style."""
        key = (width, height, style)
        if key not in self._strips:
            if len(self._strips) == _MOST_KEPT:
                self._strips.clear()
            self._strips[key] = self._visual.render_strips(width, height, style, options)
        return self._strips[key]
