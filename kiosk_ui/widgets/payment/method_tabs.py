"""The ways of paying; the one in use stands out, each can be clicked."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.widgets import Static

from kiosk_ui.payment_methods import WORDS, Method


class MethodTab(Static):
    """One way of paying."""

    DEFAULT_CSS = """
    MethodTab { width: auto; height: 1; padding: 0 2; margin-right: 1; background: $surface; }
    MethodTab:hover { background: $panel; }
    MethodTab.chosen { background: $primary-muted; text-style: bold; }
    """

    def __init__(self, method: Method) -> None:
        super().__init__()
        self.method = method

    def show(self, *, chosen: bool) -> None:
        """Show whether this way is in use, also without colour."""
        words = WORDS[self.method]
        sign = "●" if chosen else "○"
        self.update(Text(f"{sign} {words.key.upper()} {words.name}"))
        self.set_class(chosen, "chosen")

    def on_click(self) -> None:
        """Do what its key does."""
        self.app.simulate_key(WORDS[self.method].key)


class MethodTabs(HorizontalGroup):
    """All ways of paying."""

    DEFAULT_CSS = """
    MethodTabs { height: 1; margin: 1 0; }
    """

    def compose(self) -> ComposeResult:
        """Side by side."""
        for method in Method:
            yield MethodTab(method)

    def show(self, chosen: Method) -> None:
        """Mark the one in use."""
        for tab in self.query(MethodTab):
            tab.show(chosen=tab.method is chosen)
