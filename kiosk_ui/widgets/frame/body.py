"""The middle of a screen."""

from typing import Final

from textual.containers import VerticalScroll

WITH_PAD: Final = "with-pad"
"""The class of a screen that has a pad to type on."""


class Body(VerticalScroll, can_focus=False):
    """What a screen is for, between the lines of the frame."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    Body { height: 1fr; padding: 1 1 0 1; background: $background; }
    .-short Body { padding: 0 1; }
    .look-plain Body { scrollbar-size-vertical: 0; }
    """

    def on_resize(self) -> None:
        """Keep in sight what is typed in: a message may have taken of the room, beside a pad."""
        typed = self.screen.focused
        if typed is not None and self.screen.has_class(WITH_PAD):
            self.call_after_refresh(typed.scroll_visible, animate=False)
