"""A text and, where one is needed, a manager's PIN: what an act takes that is written down."""

from dataclasses import dataclass
from typing import ClassVar

from kiosk_contracts.plain_text import is_plain_text
from kiosk_texts import tr
from kiosk_ui.screens.form import FormScreen
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_field import PinField


@dataclass(frozen=True, slots=True)
class Approval:
    """Why, or what else is to be said; and who approves."""

    text: str
    pin: str | None


class ApprovalScreen(FormScreen[Approval]):
    """Asks before an act; Esc leaves all as it is."""

    ASKS: ClassVar[str]
    """The label of the text."""
    MISSING: ClassVar[str]
    """What is said where the text is empty."""

    def __init__(
        self, question: str, *, needs_pin: bool, text: str = "", problem: str = ""
    ) -> None:
        """Ask; `text` was typed before, and `problem` says why it is asked again."""
        self._text = Field(tr(self.ASKS), max_length=200)
        self._pin = PinField() if needs_pin else None
        self._typed = text
        super().__init__(question, [one for one in (self._text, self._pin) if one], problem)

    def on_mount(self) -> None:
        """Go on where the answers were refused: at the PIN."""
        if self._typed:
            self._text.line.value = self._typed
            if self._pin is not None:
                self._pin.line.focus()

    def problem_of(self, field: Field) -> str | None:
        """Return what is missing."""
        if isinstance(field, PinField):
            return field.problem()
        text = field.value.strip()
        return None if text and is_plain_text(text) else tr(self.MISSING)

    def answer(self) -> Approval:
        """Return the text and the PIN."""
        pin = self._pin.value if self._pin is not None else None
        return Approval(self._text.value.strip(), pin)
