"""A screen that can be worked by touch alone: what takes typing has a pad, once it was touched."""

from typing import Final, TypeVar

from textual import on
from textual.widget import Widget

from kiosk_ui.looks import Look, look_of
from kiosk_ui.screens.coverable import CoverableScreen
from kiosk_ui.takes import Takes, Typable
from kiosk_ui.widgets.forms.field import TakesOther
from kiosk_ui.widgets.frame.body import WITH_PAD, Body
from kiosk_ui.widgets.frame.key_hints import PadAsked
from kiosk_ui.widgets.pad.pad import Pad

T = TypeVar("T")
_TOUCHING: Final = "touching"
"""The name of the app's reactive attribute."""


class TouchableScreen(CoverableScreen[T]):
    """Shows a pad while it is touched and what has the focus takes typing; none is made before."""

    _pad: Pad | None = None
    _covered = False
    _pad_asked = False
    """Whether a hint that names digits was touched, where none shows otherwise."""

    def on_mount(self) -> None:
        """Follow whether the screen is touched, from now on."""
        self.watch(self.app, _TOUCHING, self._see_to_pad, init=False)
        self._see_to_pad()

    def watch_focused(self) -> None:
        """Have the pad for what has the focus."""
        self._see_to_pad()

    @on(PadAsked)
    def ask_for_pad(self, message: PadAsked) -> None:
        """Show the pad where it shows only when asked for, or put it away."""
        message.stop()
        self._pad_asked = not self._pad_asked
        self._see_to_pad()

    @on(TakesOther)
    def takes_other(self, message: TakesOther) -> None:
        """Have the pad for it."""
        message.stop()
        self._see_to_pad()

    def on_screen_suspend(self) -> None:
        """Put the pad away under a panel, which may have its own."""
        self._covered = True
        self._see_to_pad()

    def on_screen_resume(self) -> None:
        """Have the pad again."""
        self._covered = False
        self._see_to_pad()

    def _see_to_pad(self) -> None:
        takes, pad = self._takes(), self._pad
        if takes is None:
            if pad is not None:
                self._pad = None
                pad.remove()
                self.remove_class(WITH_PAD)
            return
        if pad is None:
            self._pad = pad = Pad(takes)
            self._mount_pad(pad)
            self.add_class(WITH_PAD)
        pad.show(takes)
        self.call_after_refresh(self.see_what_is_typed)

    def see_what_is_typed(self) -> None:
        """Scroll to what takes typing: a pad has taken of its room, or a message."""
        if self._pad is not None and self.focused is not None:
            self.focused.scroll_visible(animate=False)

    def _takes(self) -> Takes | None:
        """Return what is typed here now; None where no pad is wanted."""
        if not getattr(self.app, _TOUCHING, False):
            self._pad_asked = False
            return None
        focused = self.focused if self.is_running and not self._covered else None
        if not isinstance(focused, Typable) or (focused.pad_when_asked and not self._pad_asked):
            return None
        return focused.takes

    def _mount_pad(self, pad: Pad) -> None:
        home: Widget = next(iter(self.query(Body)), self)
        if home is self:
            pad.styles.margin = (1, 1, self._lines_below(), 0)
        home.mount(pad)

    def _lines_below(self) -> int:
        """Return how many lines below the panel say how all stands: no pad covers them."""
        stack = self.app.screen_stack
        below = stack[stack.index(self) - 1] if self in stack else self
        bottom = min((body.region.bottom for body in below.query(Body)), default=self.size.height)
        return 0 if look_of(self) is Look.PLAIN else self.size.height - bottom
