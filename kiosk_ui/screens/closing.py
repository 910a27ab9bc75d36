"""The question before a shift is closed: what was counted, why it differs, who approves."""

from dataclasses import dataclass
from typing import ClassVar

from kiosk_contracts.plain_text import is_plain_text
from kiosk_texts import mark, tr
from kiosk_ui.screens.form import FormScreen
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_field import PinField


@dataclass(frozen=True, slots=True)
class Closing:
    """Why the drawer is over or short, and who approves."""

    reason: str
    pin: str | None


class ClosingScreen(FormScreen[Closing]):
    """Asks before a shift is closed; Esc leads back to counting."""

    finish_first: ClassVar[str] = mark("Finish or leave closing the shift first")
    DOES: ClassVar[str] = mark("close the shift")
    HELP_TITLE: ClassVar[str] = mark("close the shift")
    PURPOSE: ClassVar[str] = mark(
        "The last question before the shift is closed. Where the drawer is over or short, type why "
        "it may be so; by much, a manager approves with their PIN. A closed shift stays closed."
    )

    def __init__(
        self, question: str, *, differs: bool, needs_pin: bool, reason: str = "", problem: str = ""
    ) -> None:
        """Ask; where the drawer `differs`, for a reason as well."""
        self._differs = differs
        self._typed = reason
        self._reason = Field(tr("Reason") if differs else tr("Remark"), max_length=200)
        self._pin = PinField() if needs_pin else None
        super().__init__(question, [one for one in (self._reason, self._pin) if one], problem)

    def on_mount(self) -> None:
        """Go on where the answers were refused: at the PIN."""
        if self._pin is not None and (self._typed or not self._differs):
            self._reason.line.value = self._typed
            self._pin.line.focus()

    def problem_of(self, field: Field) -> str | None:
        """Return what is missing."""
        if isinstance(field, PinField):
            return field.problem()
        text = field.value.strip()
        is_right = is_plain_text(text) and (bool(text) or not self._differs)
        return None if is_right else tr("Type why it may be so, or that nobody knows.")

    def answer(self) -> Closing:
        """Return what was typed."""
        return Closing(self._reason.value.strip(), self._pin.value if self._pin else None)
