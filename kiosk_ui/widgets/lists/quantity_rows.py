"""Rows of which a person says how many: choose one, type a number."""

from collections.abc import Callable
from copy import copy
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from kiosk_ui.quantity_entry import Entry
from kiosk_ui.takes import Takes
from kiosk_ui.taking_back import TakeBack
from kiosk_ui.widgets.lists.row_list import Rows

_STEPS: Final = {"plus": 1, "+": 1, "minus": -1, "-": -1}


class QuantityRows(Rows):
    """Rows that take quantities. A click only chooses; Enter is done."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "done", show=False)]

    class Quantity(Message):
        """A quantity was typed for the chosen row."""

        def __init__(self, quantity: int) -> None:
            super().__init__()
            self.quantity = quantity

    class Step(Message):
        """One more, or one less, of the chosen row."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    class Done(Message):
        """All quantities are typed."""

    def __init__(
        self, entry: Entry, quantity: Callable[[], int], *, pad_when_asked: bool = False
    ) -> None:
        """`entry` makes numbers of digits; `quantity` returns the chosen row's as it is now."""
        super().__init__(markup=False)
        self.takes = Takes.DIGITS
        self.pad_when_asked = pad_when_asked
        self._entry = entry
        self._quantity = quantity

    def remember(self) -> TakeBack:
        """Return what puts the chosen row, and the number being typed, back as they are now."""
        row, quantity, entry = self.highlighted, self._quantity(), copy(self._entry)

        def put_back() -> None:
            if self.is_attached and self.highlighted == row:
                self._entry = entry
                self.post_message(self.Quantity(quantity))

        return put_back

    def on_key(self, event: events.Key) -> None:
        """Take digits, plus and minus."""
        if event.character is not None and event.character in "0123456789":
            row, now = self.highlighted, self._quantity()
            quantity = self._entry.digit(row, event.character, at=event.time, now=now)
            self.post_message(self.Quantity(quantity))
        elif event.key in _STEPS:
            self._entry.forget()
            self.post_message(self.Step(_STEPS[event.key]))
        elif event.key == "backspace":
            left = self._entry.backspace(self.highlighted, now=self._quantity())
            self.post_message(self.Quantity(left))
        elif event.key == "delete":
            self._entry.forget()
            self.post_message(self.Quantity(0))
        else:
            # It may lead to other rows: what is typed there is a number of its own.
            self._entry.forget()
            return
        event.stop()

    def action_done(self) -> None:
        """Say that all is typed."""
        self._entry.forget()
        self.post_message(self.Done())
