"""Whose tickets these are: a name that the sale is found by, if the customer wants one."""

from typing import ClassVar

from kiosk_contracts.plain_text import is_plain_text
from kiosk_texts import mark, tr
from kiosk_ui.screens.form import FormScreen
from kiosk_ui.widgets.forms.field import Field

_LONGEST = 120
"""In characters; as long as a name may be."""


class BuyerScreen(FormScreen[str]):
    """Asks for the buyer's name; nothing typed is none. Esc leaves it as it was."""

    finish_first: ClassVar[str] = mark("Finish or leave the name first")
    DOES: ClassVar[str] = mark("keep it")
    HELP_TITLE: ClassVar[str] = mark("a name for the sale")
    PURPOSE: ClassVar[str] = mark(
        "Keeps the buyer's name with the sale, so that Find and the gate can look for it. It is "
        "personal: ask before you type it. It stands outside what is sealed and can be erased."
    )
    MORE: ClassVar[str] = mark("Find and the gate look for it. Empty: no name.")

    def __init__(self, name: str) -> None:
        """Ask; `name` is what it is so far."""
        self._name_field = Field(tr("Name"), max_length=_LONGEST)
        self._before = name
        super().__init__(tr("Name for the sale?"), [self._name_field])

    def on_mount(self) -> None:
        """Begin with the name so far."""
        self._name_field.line.value = self._before

    def problem_of(self, field: Field) -> str | None:
        """Say why a name cannot be kept."""
        if is_plain_text(field.value):
            return None
        return tr("Type the name without control characters.")

    def answer(self) -> str:
        """Return the name, empty for none."""
        return self._name_field.value.strip()
