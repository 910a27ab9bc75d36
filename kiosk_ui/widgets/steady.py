"""What is painted when it changes, and only then.

Each act of a person shows the whole frame afresh, most of which says what it said before. Laying a
screen out takes longer than all else between a key and its picture; so a text that stays on its
line is painted without.
"""

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

    _is_one_line = False

    def say(self, text: Text) -> None:
        """Show a text."""
        if self.is_new((text, text.style)):
            was_one_line, self._is_one_line = self._is_one_line, self._fits_one_line(text)
            self.update(text, layout=not (was_one_line and self._is_one_line))

    def _fits_one_line(self, text: Text) -> bool:
        return "\n" not in text.plain and text.cell_len <= self.content_size.width
