"""A pad of keys on the screen, for who has no keyboard.

One widget draws all keys, so that what is tapped quickly comes in the order of the taps.
"""

from collections.abc import Iterator
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from kiosk_ui.looks import Look, look_of
from kiosk_ui.pad_keys import SHIFT, PadKey, PadRows, pad_rows
from kiosk_ui.takes import Takes

_TALLEST: Final = 3
"""Lines of a key where there is room: about as high as wide, for a finger in a glove."""
_UNIT: Final = 6
"""Columns of a digit's key, with the one that parts it from the one before."""
_WIDEST: Final = 8
"""Columns of any key, where there are `_MANY_COLUMNS`, and of a letter's, where it fits."""
_MANY_COLUMNS: Final = 100
_LEFT_FREE: Final = 10
"""Lines that tall keys leave to what they are typed into; small ones leave `_LEAST_FREE`."""
_LEAST_FREE: Final = 2


class Pad(Widget, can_focus=False):
    """Keys that are touched; each does what the keyboard's key does, in its turn.

    It takes as much room as it needs and no more than there is: none at all on too small a screen.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"pad--key", "pad--act"}
    SCOPED_CSS = False
    DEFAULT_CSS = """
    Pad { dock: right; width: auto; height: auto; background: $background; }
    Pad.letters, .-narrow Pad { dock: bottom; }
    Pad > .pad--key { background: $panel; color: $foreground; }
    Pad > .pad--act { background: $primary-muted; color: $on-chosen; text-style: bold; }
    .look-large Pad > .pad--key { text-style: bold; }
    """

    def __init__(self, takes: Takes) -> None:
        super().__init__()
        self._takes = takes
        self._shifted = False
        self.set_class(takes is Takes.TEXT, "letters")

    def show(self, takes: Takes) -> None:
        """Have the keys for what is typed now."""
        if takes is not self._takes:
            self._takes, self._shifted = takes, False
            self.set_class(takes is Takes.TEXT, "letters")
            self.refresh(layout=True)

    # How large it is

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the columns of its widest row."""
        del viewport
        rows = self._rows()
        return _units(rows) * self._unit(rows, container.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the lines of its rows; none where what is typed would be out of sight."""
        del viewport, width
        rows = len(self._rows())
        for lines in range(_TALLEST, 0, -1):
            free = 0 if self._stands_beside() else _LEFT_FREE if lines > 1 else _LEAST_FREE
            if rows * lines + free <= container.height:
                return rows * lines
        return 0

    def _unit(self, rows: PadRows, columns: int) -> int:
        if not self._stands_beside():
            return min(_WIDEST, columns // _units(rows))
        if columns >= _MANY_COLUMNS:
            return _WIDEST
        return _UNIT + 1 if self._in_words() else _UNIT

    def _rows(self) -> PadRows:
        return pad_rows(self._takes, flat=not self._stands_beside())

    def _stands_beside(self) -> bool:
        """Say whether it stands at the right of what is typed, and not below it."""
        return self._takes is not Takes.TEXT and not self.screen.has_class("-narrow")

    def _in_words(self) -> bool:
        """Say whether keys are told apart by what is written, and not by colours."""
        return look_of(self) is Look.PLAIN or self.app.no_color

    # What is touched

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press the key there."""
        event.stop()
        key = self._key_at(event.x, event.y)
        if key is None or not key.press:
            return
        if key.press == SHIFT:
            self._shift(on=not self._shifted)
            return
        self.app.simulate_key(key.press)
        if self._shifted:
            self._shift(on=False)

    def _shift(self, *, on: bool) -> None:
        self._shifted = on
        self.refresh()

    def _key_at(self, x: int, y: int) -> PadKey | None:
        rows = self._rows()
        lines, unit = self.size.height // len(rows), self.size.width // _units(rows)
        if not lines or y >= lines * len(rows):
            # It is about to be laid out anew.
            return None
        at = 0
        for key in rows[y // lines]:
            at += key.width * unit
            if x < at:
                return key.shifted() if self._shifted else key
        return None

    # What is drawn

    def render_line(self, y: int) -> Strip:
        """Draw a line of the keys that it goes through."""
        rows = self._rows()
        lines = self.size.height // len(rows)
        if not lines or y >= lines * len(rows):
            return Strip.blank(self.size.width)
        keys, line = rows[y // lines], y % lines
        unit = self.size.width // _units(rows)
        plain = self.visual_style.rich_style
        drawn = [part for key in keys for part in self._draw(key, key.width * unit, line, lines)]
        return Strip(drawn).adjust_cell_length(self.size.width, plain)

    def _draw(self, key: PadKey, columns: int, line: int, lines: int) -> Iterator[Segment]:
        """Yield the column that parts a key from the one before, and one of its `lines`."""
        around = self.visual_style.rich_style
        yield Segment(" ", around)
        if not key.press:
            yield Segment(" " * (columns - 1), around)
            return
        is_act = key.press in {"enter", "backspace"} or (key.press == SHIFT and self._shifted)
        style = self.get_component_rich_style("pad--act" if is_act else "pad--key")
        in_words = self._in_words()
        if line == (lines - 1) // 2:
            shown = key.shifted().shown if self._shifted else key.shown
            text = (key.word or shown) if in_words else shown
            is_framed = in_words and cell_len(text) + 2 < columns
            yield Segment(_centred(f"[{text}]" if is_framed else text, columns - 1), style)
        elif line == lines - 1 and not in_words:
            # An edge parts the key from the one below; every terminal's font has it.
            yield Segment("_" * (columns - 1), style)
        else:
            yield Segment(" " * (columns - 1), style)


def _units(rows: PadRows) -> int:
    return max(sum(key.width for key in row) for row in rows)


def _centred(text: str, columns: int) -> str:
    before = max(0, columns - cell_len(text)) // 2
    return set_cell_size(" " * before + text, columns)
