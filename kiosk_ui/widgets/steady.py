"""What is written as the look wants it, and painted when what it says changes, and only then.

Each act of a person shows the whole frame afresh, most of which says what it said before. Laying a
screen out takes longer than all else between a key and its picture; so a text that keeps to
its lines is painted without. Another look writes it anew, whatever it says.
"""

from rich.cells import cell_len
from rich.text import Text
from textual.visual import VisualType
from textual.widgets import Static

from kiosk_ui.looks import REACTIVE, Look, in_words, look_of


class Steady(Static):
    """A part of a screen that knows what it says, and how each look writes that."""

    _told: object = None
    _line_count: int | None = None
    """Of what is shown; None if some of it may be wrapped."""

    def on_mount(self) -> None:
        """Follow the app's look."""
        self.watch(self.app, REACTIVE, self._rewrite, init=False)

    def render(self) -> VisualType:
        """Return what it says, in the present look."""
        return self.written(look_of(self))

    def written(self, look: Look) -> VisualType:
        """Return what it says, as `look` writes it."""
        raise NotImplementedError

    def tell(self, said: object) -> None:
        """Paint it anew if `said`, all that `written` depends on but the look, differs from before.

        It is called after `written` knows of it.
        """
        if said == self._told:
            return
        self._told = said
        before, self._line_count = self._line_count, self._count_lines()
        keeps_its_lines = self._line_count is not None and self._line_count == before
        # Where the CSS gives it a size, no words change that.
        self.refresh(layout=self.styles.auto_dimensions and not keeps_its_lines)

    def _rewrite(self) -> None:
        self._line_count = None
        self.refresh(layout=True)

    def _count_lines(self) -> int | None:
        text = self.render() if self.styles.auto_dimensions else None
        if not isinstance(text, Text):
            return None
        lines, width = text.plain.split("\n"), self.content_size.width
        return len(lines) if all(cell_len(line) <= width for line in lines) else None


class SteadyText(Steady):
    """A text that takes as many lines as it needs, at least one; in plain, words for its signs."""

    _text = Text()

    def say(self, text: Text) -> None:
        """Show a text."""
        self._text = text
        self.tell((text, text.style))

    def written(self, look: Look) -> VisualType:
        """Write it."""
        text = self._text
        words = in_words(text.plain) if look is Look.PLAIN else text.plain
        return text if words == text.plain else Text(words, text.style)
