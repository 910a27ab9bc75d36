"""The key hints of a screen; each can be clicked or touched instead."""

from collections.abc import Sequence

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, ItemGrid, VerticalGroup
from textual.widgets import Static

from kiosk_ui.hints import Hint


class KeyHint(Static):
    """One hint."""

    DEFAULT_CSS = """
    KeyHint { width: auto; height: 1; padding: 0 1; color: $foreground-muted; }
    KeyHint.clickable:hover { background: $panel; color: $foreground; }
    """

    def __init__(self, hint: Hint) -> None:
        super().__init__(Text.assemble((hint.key, "bold reverse"), " ", hint.does))
        self._press = hint.press
        self.set_class(hint.press is not None, "clickable")

    def on_click(self) -> None:
        """Do what the key does."""
        if self._press is not None:
            self.app.simulate_key(self._press)


class _HintsOfScreen:
    """What all arrangements share. No widget, so that each keeps its own base's style."""

    def __init__(self, hints: Sequence[Hint]) -> None:
        super().__init__()
        self._hints = hints

    def compose(self) -> ComposeResult:
        """Yield the hints; the arrangement is the widget's."""
        for hint in self._hints:
            yield KeyHint(hint)


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
