"""A question that a manager answers by their PIN."""

from kiosk_ui.screens.form import FormScreen
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_field import PinField


class PinFormScreen(FormScreen[str]):
    """Answers with the PIN; Esc leaves all as it is."""

    def __init__(self, question: str, more: str, problem: str = "") -> None:
        """Ask; `more` says what the answer does, `problem` why it is asked again."""
        self._pin = PinField()
        super().__init__(question, [self._pin], problem, more)

    def problem_of(self, field: Field) -> str | None:
        """Say that a PIN is missing."""
        del field
        return self._pin.problem()

    def answer(self) -> str:
        """Return the PIN."""
        return self._pin.value
