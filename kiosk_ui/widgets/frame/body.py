"""The middle of a screen."""

from typing import Final

from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.widget import Widget

from kiosk_ui.takes import Typable

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
    _seen: tuple[Widget, Region, Size] | None = None
    """What was typed in last, where it stood among the rest, and the room there was."""

    def on_mount(self) -> None:
        """Look at each layout, whatever has changed it: a pad, a message, a line that was paid."""
        self.screen.screen_layout_refresh_signal.subscribe(self, self._keep_in_sight)

    def _keep_in_sight(self, _: object) -> None:
        """Scroll to what is typed in where it moved or room was taken, not where one scrolled.

        Beside a pad alone: where there is none, a verdict may be more than the line below it.
        """
        typed = self.screen.focused if self.screen.has_class(WITH_PAD) else None
        if not isinstance(typed, Typable) or typed.pad_when_asked or self not in typed.ancestors:
            self._seen = None
            return
        among = typed.region.translate(self.scroll_offset - self.region.offset)
        stands = (typed, among, self.container_size)
        if stands != self._seen:
            self._seen = stands
            typed.scroll_visible(animate=False)
