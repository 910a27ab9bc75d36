"""The first picture: the sign-in as it will stand, before there is a kiosk behind it."""

from textual.app import ComposeResult
from textual.widgets import Input

from kiosk_texts import mark, tr
from kiosk_ui.clock import Clock
from kiosk_ui.hints import PAD, Hint
from kiosk_ui.notices import waiting
from kiosk_ui.screens.coverable import CoverableScreen
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_question import PinQuestion
from kiosk_ui.widgets.frame.framed import framed
from kiosk_ui.widgets.frame.message_line import MessageLine
from kiosk_ui.widgets.frame.top_bar import TopBar

SIGN_IN_HINTS = (
    Hint("0-9", mark("your PIN"), PAD),
    Hint("Enter", mark("sign in"), "enter", mark("Signs in with the PIN that is typed.")),
    Hint(
        "F9",
        mark("training: sells nothing"),
        "f9",
        mark("Begins or ends training: nothing is sold there."),
    ),
)
SIGN_IN_TITLE = mark("sign-in")


class FirstScreen(CoverableScreen[None]):
    """Shows what is typed; the app keeps it for the sign-in that follows."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def compose(self) -> ComposeResult:
        """Lay out what the sign-in lays out."""
        yield from framed([PinQuestion()], SIGN_IN_HINTS)

    def on_mount(self) -> None:
        """Say where this is, as far as it is known."""
        self.query_one(TopBar).show("EventPro kiosk", tr(SIGN_IN_TITLE), "", self._clock.now())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Say that it is being seen to: the app keeps what was typed."""
        event.stop()
        self.query_one(Field).clear()
        self.query_one(MessageLine).show(waiting(tr("checking the PIN")))
