"""What is painted when it changes, and only then.

Each act of a person shows the whole frame afresh, most of which says what it said before. Laying a
screen out takes longer than all else between a key and its picture; so a text that keeps to
its lines is painted without.
"""

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static


class Steady(Static):
    """A part of a screen that knows what it shows."""

    _said: object = None

    def is_new(self, said: object) -> bool:
        """Say whether `said`, all that a picture depends on, differs from what was said before."""
        is_new = said != self._said
        self._said = said
        return is_new


class SteadyText(Steady):
    """A text that takes as many lines as it needs, at least one."""

    _lines: int | None = None
    """Of what is shown; None if some of them may be wrapped."""

    def say(self, text: Text) -> None:
        """Show a text."""
        if self.is_new((text, text.style)):
            before, self._lines = self._lines, self._lines_of(text)
            self.update(text, layout=self._lines is None or self._lines != before)

    def _lines_of(self, text: Text) -> int | None:
        lines, width = text.plain.split("\n"), self.content_size.width
        return len(lines) if all(cell_len(line) <= width for line in lines) else None
