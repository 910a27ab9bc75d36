"""Sign-in: a PIN, checked by the agent."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalGroup
from textual.widgets import Input, Static

from kiosk_ui.hints import Hint
from kiosk_ui.notices import refused
from kiosk_ui.places import Place
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.widgets.forms.field import Field

_SHORTEST_PIN = 4


class SignInScreen(KioskScreen):
    """Asks who is here."""

    HINTS = (Hint("0-9", "your PIN"), Hint("Enter", "sign in", "enter"))
    TITLE_WORDS = "sign-in"
    finish_first: ClassVar[str] = "Sign in first"
    DEFAULT_CSS = """
    SignInScreen .title { text-style: bold; margin-bottom: 1; }
    """

    def compose_body(self) -> ComposeResult:
        """Ask for the PIN."""
        with VerticalGroup():
            yield Static(Text("Who is at this kiosk?"), classes="title")
            yield Field("PIN", restrict=r"[0-9]*", max_length=12, password=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Sign in with what was typed."""
        event.stop()
        pin = event.value
        self.query_one(Field).clear()
        if len(pin) < _SHORTEST_PIN:
            self.desk.announcer.announce(
                refused(f"A PIN has at least {_SHORTEST_PIN} digits", "Type yours, then Enter.")
            )
            return
        self.run_worker(self._sign_in(pin), exclusive=True)

    async def _sign_in(self, pin: str) -> None:
        desk = self.desk
        staff = await desk.asking.ask(lambda: desk.client.sign_in(pin), what="checking the PIN")
        if staff is None:
            return
        desk.session.staff = staff
        self.go(Place.OPENING_FLOAT if desk.session.needs_shift() else Place.EVENTS)
