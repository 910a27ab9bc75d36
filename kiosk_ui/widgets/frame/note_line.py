"""A line that says what waits for a person, beside the key that leads there."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import HorizontalGroup

from kiosk_ui.hints import Hint
from kiosk_ui.widgets.frame.key_hints import KeyHint
from kiosk_ui.widgets.steady import SteadyText


class NoteLine(HorizontalGroup):
    """A note and its key; not there while there is nothing to say."""

    DEFAULT_CSS = """
    NoteLine { height: auto; width: 100%; display: none; }
    NoteLine.said { display: block; }
    NoteLine > .note { width: 1fr; height: auto; color: $text-warning; text-style: bold; }
    """

    def __init__(self, hint: Hint, *, classes: str) -> None:
        super().__init__(classes=classes)
        self._hint = hint

    def compose(self) -> ComposeResult:
        """Note, then key."""
        yield SteadyText(classes="note")
        yield KeyHint(self._hint)

    def show(self, text: str) -> None:
        """Say `text`; nothing if it is empty."""
        self.set_class(bool(text), "said")
        self.query_one(".note", SteadyText).say(Text(text))
