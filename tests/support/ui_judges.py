"""What must hold of every screen in a look, judged on what is really drawn."""

import re
from collections.abc import Iterator

from rich.color import Color as TerminalColour
from rich.color import ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.widget import Widget
from textual.widgets import Static

from kiosk_texts import tr
from kiosk_ui.app import KioskApp
from kiosk_ui.screens.waiting_turn import WaitingTurnScreen
from kiosk_ui.widgets.big_text import BigText
from kiosk_ui.widgets.frame.key_hints import KeyHint

_OWN_OF_TERMINAL = {ColorType.DEFAULT, ColorType.STANDARD}
_DRAWN = re.compile(r"[\u2500-\u259f✔✖▲●○←→↑↓]|… |·$")
"""Lines, boxes, blocks, and signs that carry a meaning alone."""


def drawn(app: KioskApp) -> Iterator[Segment]:
    """Return all that is drawn and not blank, in the colours that leave for the terminal."""
    filters = [one for one in app._filters if one.enabled]
    for strip in app.screen._compositor.render_strips(app.size):
        sent = strip
        for used in filters:
            sent = sent.apply_filter(used, app.screen.styles.background)
        yield from (one for one in sent if one.text.strip())


def is_readable(app: KioskApp, least: float = 7.0) -> None:
    """Assert that every character differs enough from what is behind it."""
    for segment in drawn(app):
        ratio = contrast_drawn(segment.style)
        assert ratio >= least, f"{segment.text!r} has {ratio:.1f}: {segment.style}"


def is_plain(app: KioskApp) -> None:
    """Assert that nothing needs more than 16 colours, or is drawn rather than written."""
    for segment in drawn(app):
        style = segment.style or Style.null()
        for colour in (style.color, style.bgcolor):
            kind = colour.type if colour is not None else ColorType.DEFAULT
            assert kind in _OWN_OF_TERMINAL, f"{segment.text!r}: {style}"
        found = _DRAWN.search(segment.text.rstrip())
        assert found is None, f"{found and found.group()!r} in {segment.text!r}"


def is_whole(app: KioskApp) -> None:
    """Assert that no text is cut, but what scrolls; no hint may need that."""
    for widget in app.screen.query(Static):
        if not _is_shown(widget):
            continue
        needed = widget._render().get_height(widget.styles, widget.content_size.width)
        room = widget.content_size.height
        assert needed <= room, f"{widget} has {room} of {needed} lines:\n{widget.render()}"
        if isinstance(widget, KeyHint):
            assert widget.region.right <= app.size.width, f"a hint is cut: {widget.render()}"
    if isinstance(app.screen, WaitingTurnScreen):
        # It takes no key, so it shows none.
        return
    shown = _text(app)
    helps = any(f"F1 {tr(does)}" in shown for does in ("help", "close"))
    assert helps, "the key for help is not shown"


def has_block_letters(app: KioskApp) -> bool:
    """Say whether something is drawn in block letters."""
    return any(_is_shown(one) and "▀" in str(one.render()) for one in app.screen.query(BigText))


def contrast(foreground: Color, background: Color) -> float:
    """Return the contrast ratio of WCAG 2, from 1 to 21."""
    lighter, darker = sorted((_luminance(foreground), _luminance(background)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def contrast_drawn(style: Style | None) -> float:
    """Return the contrast of a drawn text; reversed colours have the same."""
    assert style is not None
    assert style.color is not None
    assert style.bgcolor is not None
    assert not style.dim, "what is dim has no colour of its own"
    return contrast(_colour(style.color), _colour(style.bgcolor))


def _colour(drawn_in: TerminalColour) -> Color:
    return Color.from_rich_color(drawn_in)


def _luminance(colour: Color) -> float:
    red, green, blue = (_linear(part) for part in colour.normalized)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _is_shown(widget: Widget) -> bool:
    return widget.is_on_screen and bool(widget.region.area) and bool(widget.content_size.area)


def _text(app: KioskApp) -> str:
    return "\n".join(
        strip.text.rstrip() for strip in app.screen._compositor.render_strips(app.size)
    )
