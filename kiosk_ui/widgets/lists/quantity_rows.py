"""Rows of which a person says how many: choose one, type a number."""

from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from kiosk_ui.quantity_entry import QuantityEntry
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

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._entry = QuantityEntry()

    def on_key(self, event: events.Key) -> None:
        """Take digits, plus and minus."""
        if event.character is not None and event.character in "0123456789":
            quantity = self._entry.digit(self.highlighted, event.character, event.time)
            self.post_message(self.Quantity(quantity))
        elif event.key in _STEPS:
            self._entry.forget()
            self.post_message(self.Step(_STEPS[event.key]))
        elif event.key == "backspace":
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
