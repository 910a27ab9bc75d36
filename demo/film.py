"""Turns frames into one animated SVG: a strip of frames that CSS keyframes show one at a time.

Scripts don't run where READMEs are shown, CSS does. Rows that look the same are drawn once and
used again. Block characters are drawn as shapes, so that QR codes have no seams.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from demo.screens import BACKGROUND, Row, Run

CELL_WIDTH: Final = 8
CELL_HEIGHT: Final = 16
FONT_SIZE: Final = 13.3
_BASELINE: Final = 12.2
_FONT: Final = "'DejaVu Sans Mono','Cascadia Mono','SF Mono',Menlo,Consolas,monospace"
_BLOCKS: Final = {"█": (0, 2), "▀": (0, 1), "▄": (1, 1)}
"""Block characters: the upper edge and the height, in half cells."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of the film."""

    seconds: float
    """How long it stands."""
    rows: tuple[Row, ...]
    """The terminal."""
    panel: str
    """SVG drawn beside the terminal, with its own origin."""


@dataclass(frozen=True, slots=True)
class Look:
    """Sizes of a film, in SVG units."""

    columns: int
    lines: int
    title: str
    panel_width: int = 330
    margin: int = 14
    bar: int = 30

    @property
    def terminal_width(self) -> float:
        """Width of the terminal's characters."""
        return self.columns * CELL_WIDTH

    @property
    def width(self) -> float:
        """Width of the picture."""
        return self.terminal_width + self.panel_width + 3 * self.margin

    @property
    def height(self) -> float:
        """Height of the picture."""
        return self.lines * CELL_HEIGHT + 2 * self.margin + self.bar


def film(frames: Sequence[Frame], look: Look) -> str:
    """Return an SVG that plays `frames` over and over; a single frame stands still."""
    book = _RowBook()
    step = look.height
    strip = [
        f'<g transform="translate(0 {_n(index * step)})">{_frame(frame, book, look)}</g>'
        for index, frame in enumerate(frames)
    ]
    total = sum(frame.seconds for frame in frames)
    moving = len(frames) > 1
    style = _style(frames, total, step) if moving else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(look.width)} {_n(look.height)}"'
        f' width="{_n(look.width)}" height="{_n(look.height)}" role="img">'
        f"<title>{escape(look.title)}</title>"
        f"<style>text{{font:{FONT_SIZE}px {_FONT};white-space:pre}}.b{{font-weight:bold}}"
        f".s{{font-family:system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif}}{style}</style>"
        f"<defs>{book.definitions()}"
        f'<clipPath id="c"><rect width="{_n(look.width)}" height="{_n(look.height)}"/></clipPath>'
        f"</defs>"
        f'<rect width="100%" height="100%" rx="10" fill="#1b1e24"/>'
        f'<g clip-path="url(#c)"><g class="f">{"".join(strip)}</g></g></svg>\n'
    )


def _style(frames: Sequence[Frame], total: float, step: float) -> str:
    marks = []
    passed = 0.0
    for index, frame in enumerate(frames):
        marks.append(f"{_n(100 * passed / total)}%{{transform:translateY({_n(-index * step)}px)}}")
        passed += frame.seconds
    return (
        f".f{{animation:f {_n(total)}s step-end infinite}}@keyframes f{{{''.join(marks)}"
        f"100%{{transform:translateY({_n(-(len(frames) - 1) * step)}px)}}}}"
    )


def _frame(frame: Frame, book: "_RowBook", look: Look) -> str:
    top = look.margin + look.bar
    rows = "".join(
        f'<use href="#{book.name(row)}" y="{_n(line * CELL_HEIGHT)}"/>'
        for line, row in enumerate(frame.rows)
    )
    side = look.terminal_width + 2 * look.margin
    return (
        f'<text class="s" x="{look.margin}" y="{look.margin + 14}" fill="#9aa4b2">'
        f"{escape(look.title)}</text>"
        f'<g transform="translate({look.margin} {top})">'
        f'<rect width="{_n(look.terminal_width)}" height="{look.lines * CELL_HEIGHT}"'
        f' fill="#{BACKGROUND}"/>{rows}</g>'
        f'<g transform="translate({_n(side)} {top})">{frame.panel}</g>'
    )


class _RowBook:
    """Each distinct row once, with a short name."""

    def __init__(self) -> None:
        self._names: dict[Row, str] = {}

    def name(self, row: Row) -> str:
        """Return the row's name."""
        return self._names.setdefault(row, f"r{len(self._names)}")

    def definitions(self) -> str:
        """Return the SVG definitions of all rows named so far."""
        return "".join(f'<g id="{name}">{_row(row)}</g>' for row, name in self._names.items())


def _row(row: Row) -> str:
    parts = []
    column = 0
    for run in row:
        if run.background != BACKGROUND:
            width = len(run.text) * CELL_WIDTH + 0.2
            parts.append(
                f'<rect x="{_n(column * CELL_WIDTH)}" width="{_n(width)}"'
                f' height="{CELL_HEIGHT + 0.2}" fill="#{run.background}"/>'
            )
        parts.append(_blocks(run, column))
        parts.append(_text(run, column))
        column += len(run.text)
    return "".join(parts)


def _blocks(run: Run, column: int) -> str:
    """Draw a run's block characters as one path."""
    half = CELL_HEIGHT / 2
    path = [
        f"M{_n((column + offset) * CELL_WIDTH)} {_n(_BLOCKS[char][0] * half)}h{_n(CELL_WIDTH)}"
        f"v{_n(_BLOCKS[char][1] * half)}h-{_n(CELL_WIDTH)}z"
        for offset, char in enumerate(run.text)
        if char in _BLOCKS
    ]
    if not path:
        return ""
    return f'<path shape-rendering="crispEdges" fill="#{run.foreground}" d="{"".join(path)}"/>'


def _text(run: Run, column: int) -> str:
    """Draw a run's other characters, stretched to the grid whatever the font."""
    text = "".join(" " if char in _BLOCKS else char for char in run.text)
    shown = text.strip()
    if not shown:
        return ""
    start = column + len(text) - len(text.lstrip())
    bold = ' class="b"' if run.bold else ""
    return (
        f'<text x="{_n(start * CELL_WIDTH)}" y="{_BASELINE}"{bold} fill="#{run.foreground}"'
        f' textLength="{_n(len(shown) * CELL_WIDTH)}">{escape(shown, quote=False)}</text>'
    )


def _n(value: float) -> str:
    """Return a number as short as SVG takes it."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
