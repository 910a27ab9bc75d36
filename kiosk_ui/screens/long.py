"""What the screens share whose body may be longer than the screen: it can be read to its end."""

from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from kiosk_texts import mark
from kiosk_ui.hints import Hint
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.widgets.frame.body import Body

MORE: Final = Hint(
    "↑ ↓", mark("scroll"), "up down", more=mark("Go through what is longer than the screen.")
)
"""The hint for it."""


class LongScreen(KioskScreen):
    """A screen whose body the arrow keys go through, a screenful at a time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,pagedown", "go_on", show=False),
        Binding("up,pageup", "go_back", show=False),
    ]

    def action_go_on(self) -> None:
        """Show what stands below."""
        self.query_one(Body).scroll_page_down(animate=False)

    def action_go_back(self) -> None:
        """Show what stands above."""
        self.query_one(Body).scroll_page_up(animate=False)
