"""The key hints of a screen; each can be clicked or touched instead."""

from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, ItemGrid, VerticalGroup
from textual.message import Message
from textual.visual import VisualType

from kiosk_texts import tr
from kiosk_ui.hints import PAD, Hint, key_name
from kiosk_ui.looks import Look, key_in_words, look_of
from kiosk_ui.widgets.steady import Steady


class PadAsked(Message):
    """Somebody touched a hint that names digits: they want something to type them on."""


class KeyHint(Steady):
    """One hint."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    KeyHint { width: auto; height: 1; padding: 0 1; color: $foreground-muted; }
    .-narrow KeyHints > KeyHint { padding: 0 1 0 0; }
    KeyHint.clickable:hover { background: $panel; color: $foreground; }
    .look-large KeyHint { color: $foreground; text-style: bold; }
    """

    def __init__(self, hint: Hint) -> None:
        super().__init__(classes="clickable" if hint.press is not None else None)
        self._hint = hint

    def written(self, look: Look) -> VisualType:
        """Write the key, then what it does."""
        style = "bold" if look is Look.PLAIN else "bold reverse"
        return Text.assemble((self._named(look), style), " ", tr(self._hint.does))

    def on_click(self, event: events.Click) -> None:
        """Do what the key does; of two, the second beyond the middle between their names."""
        press = self._hint.press_at(event.x - self.gutter.left, self._named(look_of(self)))
        if press == PAD:
            self.post_message(PadAsked())
        elif press is not None:
            self.app.simulate_key(press)

    def _named(self, look: Look) -> str:
        """Return what the key, or both, are called."""
        key = self._hint.key
        if look is Look.PLAIN:
            # A plus stands on its key; the help says it in a word.
            return key if key in {"+", "-"} else key_in_words(key)
        return key_name(key)


class _HintsOfScreen:
    """What all arrangements share. No widget, so that each keeps its own base's style."""

    def __init__(self, hints: Sequence[Hint]) -> None:
        super().__init__()
        self._hints = hints

    def compose(self) -> ComposeResult:
        """Yield the hints that have room; the arrangement is the widget's."""
        return (KeyHint(hint) for hint in self._hints if hint.shown)


class KeyHints(_HintsOfScreen, HorizontalGroup):
    """All hints of a screen in one line."""

    DEFAULT_CSS = """
    KeyHints { height: 1; width: 100%; overflow: hidden; background: $background; }
    """


class KeyHintColumn(_HintsOfScreen, VerticalGroup):
    """All hints of a screen below each other, where a line is too much."""

    DEFAULT_CSS = """
    KeyHintColumn > KeyHint { padding: 0; }
    """


class KeyHintPairs(_HintsOfScreen, ItemGrid):
    """All hints of a screen two by two, where there is half a line and few lines."""

    DEFAULT_CSS = """
    KeyHintPairs { height: auto; grid-size: 2; grid-columns: auto; grid-rows: 1; }
    KeyHintPairs > KeyHint { padding: 0 2 0 0; }
    """
