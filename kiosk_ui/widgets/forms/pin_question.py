"""The question of the sign-in."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalGroup
from textual.widgets import Static

from kiosk_texts import tr
from kiosk_ui.takes import Takes
from kiosk_ui.widgets.forms.field import Field


class PinQuestion(VerticalGroup):
    """Asks who is here, by their PIN."""

    DEFAULT_CSS = """
    PinQuestion > .title { text-style: bold; margin-bottom: 1; }
    .-short PinQuestion > .title { margin: 0; }
    """
    SCOPED_CSS = False

    def compose(self) -> ComposeResult:
        """Question, then field."""
        yield Static(Text(tr("Who is at this kiosk?")), classes="title")
        yield Field(tr("PIN"), takes=Takes.DIGITS, restrict=r"[0-9]*", max_length=12, password=True)
