"""Sign-in: a PIN, checked by the agent."""

from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from kiosk_contracts.training import TrainingReady
from kiosk_texts import mark, missing_texts_words, spoken, tr
from kiosk_ui.cleaning import clean
from kiosk_ui.notices import refused
from kiosk_ui.places import Place, SwitchTraining
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.screens.first import SIGN_IN_HINTS, SIGN_IN_TITLE
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_question import PinQuestion
from kiosk_ui.widgets.steady import SteadyText

_SHORTEST_PIN = 4
_TRAINING: Final = mark(
    "This is training. Sign in with your own PIN and try whatever you like: nothing is sold, "
    "nothing is sent, and no ticket from here lets anybody in. F9 ends it; left alone, it ends by "
    "itself."
)


class SignInScreen(KioskScreen):
    """Asks who is here."""

    HINTS = SIGN_IN_HINTS
    PURPOSE = mark(
        "Says who is at this kiosk. The agent checks the PIN, also without a line. After some "
        "wrong ones it has to wait. A cart that was left in hand comes back with its cashier."
    )
    TITLE_WORDS = SIGN_IN_TITLE
    finish_first: ClassVar[str] = mark("Sign in first")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f9", "training", show=False)]
    DEFAULT_CSS = """
    SignInScreen .training { max-width: 72; margin-top: 1; text-style: bold; }
    SignInScreen .texts { max-width: 72; margin-top: 1; color: $text-warning; }
    """

    def compose_body(self) -> ComposeResult:
        """Ask for the PIN."""
        yield PinQuestion()
        yield SteadyText(classes="training")
        yield SteadyText(classes="texts")

    def on_mount(self) -> None:
        """Say where nothing is sold, and why all is in English where it should not be."""
        self.status_changed()
        missing, texts = missing_texts_words(spoken()), self.query_one(".texts", SteadyText)
        texts.display = bool(missing)
        texts.say(Text(f"▲ {clean(missing)}"))

    def status_changed(self) -> None:
        """Say where nothing is sold."""
        words = tr(_TRAINING) if self.in_training() else ""
        self.query_one(".training", SteadyText).say(Text(words))

    def action_training(self) -> None:
        """Begin training, or end it."""
        if self.desk.asking.pending:
            return
        if self.in_training():
            self.post_message(SwitchTraining(""))
        else:
            self.run_worker(self._begin_training(), exclusive=True)

    async def _begin_training(self) -> None:
        desk = self.desk
        ready = await desk.asking.ask(
            lambda: desk.client.call(TrainingReady, "POST", "/v1/training"),
            what=tr("getting training ready"),
        )
        if ready is not None:
            self.post_message(SwitchTraining(ready.socket_name))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Sign in with what was typed."""
        event.stop()
        pin = event.value
        self.query_one(Field).clear()
        if len(pin) < _SHORTEST_PIN:
            self.desk.announcer.announce(
                refused(
                    tr("A PIN has at least {least} digits", least=_SHORTEST_PIN),
                    tr("Type yours, then Enter."),
                )
            )
            return
        self.run_worker(self._sign_in(pin), exclusive=True)

    async def _sign_in(self, pin: str) -> None:
        desk = self.desk
        staff = await desk.asking.ask(lambda: desk.client.sign_in(pin), what=tr("checking the PIN"))
        if staff is None:
            return
        desk.session.staff = staff
        self.go(Place.OPENING_FLOAT if desk.session.needs_shift() else Place.EVENTS)
