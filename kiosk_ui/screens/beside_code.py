"""A QR code on the left, and words beside it.

The code takes all lines between top and message, so the key hints stand beside it.
"""

from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll

from kiosk_ui.looks import REACTIVE, Look, look_of
from kiosk_ui.notices import Notice
from kiosk_ui.screens.base import KioskScreen
from kiosk_ui.widgets.frame.key_hints import KeyHintPairs
from kiosk_ui.widgets.frame.line_status import LineStatus
from kiosk_ui.widgets.frame.message_line import MessageLine
from kiosk_ui.widgets.frame.top_bar import TopBar
from kiosk_ui.widgets.steady import SteadyText
from kiosk_ui.widgets.tickets.qr_code import QrCode

_LEAST_WIDTH = 78
_LEAST_HEIGHT = 24


class BesideCodeScreen(KioskScreen):
    """F7 chooses whether the code is shown; where it could not be whole, it never is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f7", "code_on_or_off", show=False),
        Binding("pageup", "facts_up", show=False),
        Binding("pagedown", "facts_down", show=False),
    ]
    DEFAULT_CSS = """
    BesideCodeScreen .code { height: 1fr; }
    BesideCodeScreen .facts { height: 1fr; padding: 1 0 0 2; }
    BesideCodeScreen .words { height: auto; }
    BesideCodeScreen .answer { height: auto; margin-top: 1; color: $foreground-muted; }
    BesideCodeScreen KeyHintPairs { margin-top: 1; }
    BesideCodeScreen LineStatus { max-height: 1; }
    BesideCodeScreen.without-code QrCode { display: none; }
    """
    is_small = False
    """Whether the window is too small for a code."""
    _chosen: bool | None = None
    """What F7 chose; None: with the code, but without in the plain look."""

    def compose(self) -> ComposeResult:
        """Code and words, and one line each above and below."""
        yield TopBar()
        with Horizontal(classes="code"):
            yield QrCode()
            with VerticalScroll(classes="facts", can_focus=False):
                yield SteadyText(classes="words")
                yield SteadyText(classes="answer")
                yield KeyHintPairs(self.HINTS)
        yield MessageLine(headline_only=True)
        yield LineStatus()

    def on_mount(self) -> None:
        """Show all of it, and anew in another look."""
        self._show()
        self.watch(self.app, REACTIVE, self._show, init=False)

    def on_resize(self, event: events.Resize) -> None:
        """Leave the code out where it could not be whole."""
        self.is_small = event.size.width < _LEAST_WIDTH or event.size.height < _LEAST_HEIGHT
        self._show()

    def show_frame(self, notice: Notice | None) -> None:
        """Show the details of a notice beside the code."""
        super().show_frame(notice)
        details = "\n".join(notice.details) if notice is not None else ""
        self.query_one(".answer", SteadyText).say(Text(details))

    def action_code_on_or_off(self) -> None:
        """Show the code, or leave it out."""
        self._chosen = not self.shows_code
        self._show()

    def action_facts_up(self) -> None:
        """Show the words before."""
        self.query_one(".facts").scroll_page_up(animate=False)

    def action_facts_down(self) -> None:
        """Show the words that no longer fit."""
        self.query_one(".facts").scroll_page_down(animate=False)

    @property
    def shows_code(self) -> bool:
        """Whether the code is shown: read aloud, it would be noise."""
        plain = look_of(self) is Look.PLAIN
        return not self.is_small and (not plain if self._chosen is None else self._chosen)

    def _show(self) -> None:
        self.set_class(not self.shows_code, "without-code")
        self.show_words(self.query_one(".words", SteadyText))

    def show_words(self, words: SteadyText) -> None:
        """Say all that stands beside the code."""
        raise NotImplementedError
