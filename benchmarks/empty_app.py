"""The least that can answer a key: a Textual app of one line that shows the last key.

python -m benchmarks.empty_app
"""

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

READY = "Press a key"


def said(key: str) -> str:
    """Return what the app shows after a key."""
    return f"The last key: {key}."


class EmptyApp(App[None]):
    """Echoes keys."""

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static(READY)

    def on_key(self, event: events.Key) -> None:
        """Show the key."""
        self.query_one(Static).update(said(event.key))


if __name__ == "__main__":
    EmptyApp().run()
