"""The ways of paying; the one in use stands out, each can be clicked."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import HorizontalGroup
from textual.visual import VisualType

from kiosk_texts import tr
from kiosk_ui.looks import Look
from kiosk_ui.payment_methods import WORDS, Method
from kiosk_ui.widgets.steady import Steady


class MethodTab(Steady):
    """One way of paying."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    MethodTab { width: auto; height: 1; padding: 0 2; margin-right: 1; background: $surface; }
    MethodTab:hover { background: $panel; }
    MethodTab.chosen { background: $primary-muted; color: $on-chosen; text-style: bold; }
    .-narrow MethodTab { padding: 0; }
    """
    _chosen = False

    def __init__(self, method: Method) -> None:
        super().__init__()
        self.method = method

    def show(self, *, chosen: bool) -> None:
        """Show whether this way is in use, also without colour."""
        self._chosen = chosen
        self.set_class(chosen, "chosen")
        self.tell(chosen)

    def written(self, look: Look) -> VisualType:
        """Write its key and name, and whether it is the one."""
        words = WORDS[self.method]
        key, name = words.key.upper(), tr(words.name)
        if look is Look.PLAIN:
            said = tr("{method} (chosen)", method=name) if self._chosen else name
            return Text(f"{key}: {said}")
        return Text(f"{'●' if self._chosen else '○'} {key} {name}")

    def on_click(self) -> None:
        """Do what its key does."""
        self.app.simulate_key(WORDS[self.method].key)


class MethodTabs(HorizontalGroup):
    """All ways of paying."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    MethodTabs { height: 1; margin: 1 0; }
    .-short MethodTabs { margin: 0; }
    """

    def compose(self) -> ComposeResult:
        """Side by side."""
        for method in Method:
            yield MethodTab(method)

    def show(self, chosen: Method) -> None:
        """Mark the one in use."""
        for tab in self.query(MethodTab):
            tab.show(chosen=tab.method is chosen)
