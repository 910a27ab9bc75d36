"""A manager's PIN, typed where they approve something at another person's kiosk."""

from typing import Final

from kiosk_texts import tr
from kiosk_ui.takes import Takes
from kiosk_ui.widgets.forms.field import Field

SHORTEST_PIN: Final = 4
"""In digits."""
LONGEST_PIN: Final = 12


class PinField(Field):
    """Takes digits, and shows none."""

    def __init__(self) -> None:
        label = tr("Manager's PIN")
        super().__init__(
            label,
            takes=Takes.DIGITS,
            restrict=r"[0-9]*",
            max_length=LONGEST_PIN,
            password=True,
        )

    def problem(self) -> str | None:
        """Return what is missing, in words; None if it may be a PIN."""
        if len(self.value) < SHORTEST_PIN:
            return tr("A manager types their PIN to approve.")
        return None
