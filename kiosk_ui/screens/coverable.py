"""A screen that may lie under a panel."""

from typing import TypeVar

from textual.screen import Screen

from kiosk_ui.begun_work import BeginsWork
from kiosk_ui.looks import Look, look_of

T = TypeVar("T")


class CoverableScreen(BeginsWork, Screen[T]):
    """Paints nothing while a panel hides all of it, as panels do in the plain look.

    Textual paints whatever lies on top anew, whole, for each change of what lies below, and a
    screen reader would read it out each time. What changed below is painted when the panel goes.
    """

    @property
    def is_current(self) -> bool:
        """Whether any of it can be seen."""
        if not super().is_current:
            return False
        return self.app.screen is self or look_of(self) is not Look.PLAIN
