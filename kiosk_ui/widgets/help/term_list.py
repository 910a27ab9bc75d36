"""Keys or signs, each with what it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Group
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual import events
from textual.message import Message
from textual.visual import VisualType

from kiosk_ui.hints import Hint, key_name
from kiosk_ui.looks import Look, key_in_words, look_of
from kiosk_ui.widgets.steady import Steady

_TERM_WIDTH: Final = 10
_MARK: Final = "term"


@dataclass(frozen=True, slots=True)
class Term:
    """What is explained, and the explanation."""

    term: str
    means: str
    key: Hint | None = None
    """The key that it explains, if it is one: it can be touched."""


class TermList(Steady):
    """Terms on the left, meanings on the right; in the plain look one after the other."""

    DEFAULT_CSS = """
    TermList { height: auto; width: 100%; margin-bottom: 1; }
    """

    class Touched(Message):
        """A key was touched."""

        def __init__(self, press: str) -> None:
            super().__init__()
            self.press = press

    def __init__(self, heading: str, terms: Sequence[Term]) -> None:
        super().__init__()
        self._heading = heading
        self._terms = terms

    def written(self, look: Look) -> VisualType:
        """Write them below each other."""
        heading = Text(self._heading, "bold")
        if look is Look.PLAIN:
            lines = [
                Text(f"{key_in_words(one.term)}: {one.means}", _marked(number))
                for number, one in enumerate(self._terms)
            ]
            return Text("\n").join([heading, *lines])
        grid = Table.grid(expand=True, padding=(0, 1))
        grid.add_column(width=_TERM_WIDTH)
        grid.add_column(ratio=1)
        for number, one in enumerate(self._terms):
            term = Text(key_name(one.term), _marked(number) + Style(bold=True))
            grid.add_row(term, Text(one.means, _marked(number)))
        return Group(heading, grid)

    def on_click(self, event: events.Click) -> None:
        """Say which key stands in the line that was touched."""
        line = (self.screen.get_style_at(x, event.screen_y) for x in self.region.column_range)
        found = next((style.meta[_MARK] for style in line if _MARK in style.meta), None)
        key = None if found is None else self._terms[found].key
        if key is None:
            return
        named = key_in_words(key.key) if look_of(self) is Look.PLAIN else key_name(key.key)
        press = key.press_at(event.x, named)
        if press is not None:
            self.post_message(self.Touched(press))


def _marked(number: int) -> Style:
    """Return a style that says which term is written with it."""
    return Style.from_meta({_MARK: number})
