"""The question before another person's cart is freed: a manager approves."""

from typing import ClassVar

from kiosk_texts import mark
from kiosk_ui.screens.form import FormScreen
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_field import PinField


class FreeCartScreen(FormScreen[str]):
    """Asks for a manager's PIN; Esc leaves the cart as it is."""

    finish_first: ClassVar[str] = mark("Finish or leave this first")
    DOES: ClassVar[str] = mark("free it")
    HELP_TITLE: ClassVar[str] = mark("free a cart")
    PURPOSE: ClassVar[str] = mark(
        "Frees a cart that its cashier left in payment: the payment is cancelled, its tickets can "
        "be sold again. What was taken is given back. A manager types their PIN, and the agent's "
        "log keeps who it was."
    )

    def __init__(self, question: str, more: str, problem: str = "") -> None:
        """Ask; `more` is what is to be given back, `problem` why it is asked again."""
        self._pin = PinField()
        super().__init__(question, [self._pin], problem, more)

    def problem_of(self, field: Field) -> str | None:
        """Say that a PIN is missing."""
        del field
        return self._pin.problem()

    def answer(self) -> str:
        """Return the PIN."""
        return self._pin.value
