"""What stands around the middle of every screen, from the first picture on."""

from collections.abc import Iterable, Sequence

from textual.app import ComposeResult
from textual.widget import Widget

from kiosk_ui.hints import Hint
from kiosk_ui.widgets.frame.body import Body
from kiosk_ui.widgets.frame.key_hints import KeyHints
from kiosk_ui.widgets.frame.line_status import LineStatus
from kiosk_ui.widgets.frame.message_line import MessageLine
from kiosk_ui.widgets.frame.top_bar import TopBar


def framed(body: Iterable[Widget], hints: Sequence[Hint]) -> ComposeResult:
    """Yield top line, body, message line, line status, key hints."""
    yield TopBar()
    with Body():
        yield from body
    yield MessageLine()
    yield LineStatus()
    yield KeyHints(hints)
