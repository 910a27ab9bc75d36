"""Another screen of this kiosk answers keys: this one says so, and takes none."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical

from kiosk_texts import mark, tr
from kiosk_ui.screens.coverable import CoverableScreen
from kiosk_ui.widgets.big_text import BigText
from kiosk_ui.widgets.steady import SteadyText

MOMENT = mark("One moment, please")
_WORDS = mark(
    "This kiosk goes on at its other screen, and comes back here by itself. A cart in hand is kept."
)


class WaitingTurnScreen(CoverableScreen[None]):
    """Covers all there is until it is this screen's turn."""

    finish_first = mark("One moment: this kiosk goes on at its other screen")
    SCOPED_CSS = False
    DEFAULT_CSS = """
    WaitingTurnScreen { align: center middle; background: $background; }
    WaitingTurnScreen > Vertical { width: 60; max-width: 95%; height: auto; }
    WaitingTurnScreen .moment { text-style: bold; margin-bottom: 1; }
    .look-plain WaitingTurnScreen { align: left top; }
    """

    def compose(self) -> ComposeResult:
        """Say it."""
        with Vertical():
            yield BigText()
            yield SteadyText(classes="moment")
            yield SteadyText(classes="words")

    def on_mount(self) -> None:
        """Say it in the venue's language."""
        self.query_one(BigText).show(tr(MOMENT))
        self.query_one(".moment", SteadyText).say(Text(tr(MOMENT)))
        self.query_one(".words", SteadyText).say(Text(tr(_WORDS)))
