"""What is typed for the way of paying in use: a text, a card's amount, a manager's PIN."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalGroup
from textual.widgets import Input

from kiosk_texts import tr
from kiosk_ui.payment_methods import WORDS, Method, Typed
from kiosk_ui.takes import Takes
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_field import PinField


class TenderForm(VerticalGroup):
    """Shows the fields of one way of paying; Enter in any of them posts Input.Submitted."""

    # Here, not at the screen: its body would scroll by these keys first.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]
    SCOPED_CSS = False
    DEFAULT_CSS = """
    TenderForm { height: auto; }
    TenderForm Field.unused { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.text = Field(tr(WORDS[Method.CASH].asks), takes=Takes.AMOUNT, max_length=120)
        self.amount = Field(tr("Amount, empty is all"), takes=Takes.AMOUNT, max_length=14)
        self.pin = PinField()
        self._waits_in: Input | None = None

    def compose(self) -> ComposeResult:
        """Below each other; what is not asked for is left out."""
        yield self.text
        yield self.amount
        yield self.pin

    @property
    def typed(self) -> Typed:
        """What is typed now."""
        return Typed(self.text.value, self.amount.value, self.pin.value)

    def ask(self, method: Method, *, needs_pin: bool) -> None:
        """Ask for what a way of paying takes; what was typed before is cleared."""
        takes = Takes.AMOUNT if method is Method.CASH else Takes.TEXT
        self.text.relabel(tr(WORDS[method].asks), takes)
        self.amount.clear()
        self.pin.clear()
        self.amount.set_class(method is not Method.CARD, "unused")
        self.ask_pin(needed=method is Method.COMPLIMENTARY and needs_pin)
        self.text.line.focus()

    def ask_pin(self, *, needed: bool) -> None:
        """Ask for a manager's PIN, or do not."""
        self.pin.set_class(not needed, "unused")

    def pin_is_missing(self) -> str | None:
        """Return what to say where a manager's PIN is asked for and none is typed."""
        return None if self.pin.has_class("unused") else self.pin.problem()

    def wait(self, *, waiting: bool) -> None:
        """Take nothing while the agent is asked; then go on where it was typed."""
        if waiting and not self.disabled:
            focused = self.screen.focused
            self._waits_in = focused if isinstance(focused, Input) else None
            self.disabled = True
        elif not waiting and self.disabled:
            self.disabled = False
            (self._waits_in or self.text.line).focus()
