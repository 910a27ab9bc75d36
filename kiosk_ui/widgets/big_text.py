"""A word or an amount in block letters; only the large look shows it."""

from collections.abc import Callable

from rich.text import Text
from textual.geometry import Size
from textual.visual import VisualType
from textual.widgets import Static

from kiosk_texts.block_letters import can_draw, large_rows, small_rows


class BigText(Static):
    """Draws one line in block letters; what is too long for its room stands in common letters.

    Whoever uses it also shows the same text in common letters in the other looks.
    """

    SCOPED_CSS = False
    DEFAULT_CSS = """
    BigText { display: none; width: 1fr; height: auto; text-style: bold; }
    .look-large BigText { display: block; }
    """

    def __init__(self, *, huge: bool = False, classes: str = "") -> None:
        super().__init__(classes=classes)
        self._draw: Callable[[str], list[str]] = large_rows if huge else small_rows
        self._text = ""

    def show(self, text: str) -> None:
        """Show `text`; nothing if it is empty."""
        if text == self._text:
            return
        rows, self._text = len(self._rows(self.content_size.width)), text
        self.refresh(layout=rows != len(self._rows(self.content_size.width)))

    def get_content_height(self, _container: Size, _viewport: Size, width: int) -> int:
        """Return how many rows it takes in `width` columns."""
        return len(self._rows(width))

    def render(self) -> VisualType:
        """Draw it as large as there is room for."""
        return Text("\n".join(self._rows(self.content_size.width)), no_wrap=True)

    def _rows(self, width: int) -> list[str]:
        if not self._text:
            return [""]
        if not can_draw(self._text):
            return [self._text]
        drawn = (self._draw(self._text), small_rows(self._text))
        return next((rows for rows in drawn if len(rows[0]) <= width), [self._text])
