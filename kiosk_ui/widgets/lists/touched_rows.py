"""Rows where a touch must not do at once what Enter does: a finger in a glove is broad."""

from textual import events
from textual.message import Message

from kiosk_ui.widgets.lists.row_list import Rows


class ChoosingRows(Rows):
    """A touch of another row only chooses it; of the chosen one it does what Enter does."""

    def on_click(self, event: events.Click) -> None:
        """Choose first."""
        touched = event.style.meta.get("option")
        if touched is not None and touched != self.highlighted:
            event.prevent_default()
            self.highlighted = touched


class TakingRows(Rows):
    """A touch takes a row or leaves it, as Space does; Enter alone goes on."""

    class Touched(Message):
        """The chosen row was touched."""

    def on_click(self, event: events.Click) -> None:
        """Choose it and say so."""
        event.prevent_default()
        touched = event.style.meta.get("option")
        if touched is not None:
            self.highlighted = touched
            self.post_message(self.Touched())
