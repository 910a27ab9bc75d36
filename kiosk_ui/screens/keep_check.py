"""The question of keeping a pre-show check: a manager's PIN."""

from typing import ClassVar

from kiosk_texts import mark, tr
from kiosk_ui.screens.form import FormScreen
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.forms.pin_field import PinField


class KeepCheckScreen(FormScreen[str]):
    """Asks whose name the check is kept in."""

    finish_first: ClassVar[str] = mark("Finish or leave keeping the check first")
    HELP_TITLE: ClassVar[str] = mark("keep the check")
    PURPOSE: ClassVar[str] = mark(
        "Keeps the check of before doors opened, so that it can be shown later what was ready and "
        "who had looked. A manager types their PIN. What is not ready is kept as that."
    )
    DOES: ClassVar[str] = mark("keep it")
    MORE: ClassVar[str] = mark(
        "Everything is looked at once more, and what is found is kept at this kiosk with the "
        "manager's name and the time."
    )

    def __init__(self, problem: str = "") -> None:
        """Ask; `problem` says why it is asked again."""
        self._pin = PinField()
        super().__init__(tr("Keep this check?"), [self._pin], problem)

    def problem_of(self, field: Field) -> str | None:
        """Return what is missing."""
        return self._pin.problem() if field is self._pin else None

    def answer(self) -> str:
        """Return the PIN."""
        return self._pin.value
