"""Replays one terminal recording and notes what a person could read on it.

The recording's chunks end anywhere: inside a character's escape sequence, inside a line. A line
is believed only when the terminal's cursor does not stand inside the words in question, because a
half-written line is new before the cursor and old behind it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pyte

from verifier.panels import ReportReader, ReportSightings, VerdictReader
from verifier.wording import (
    Acknowledgement,
    Span,
    acknowledgement_in,
    joined,
    receipts_in,
    refusal_in,
    serials_in,
)

_PICTURE: Final = re.compile(r".*?\x1b\[\?2026l|.+", re.DOTALL)
"""Output up to the end of a synchronised picture: a chunk may have several, and each was shown."""
REDRAW_S: Final = 0.25
"""A refusal that comes back within this time was redrawn, not given again."""


@dataclass(slots=True)
class _Line:
    """What stands in one line of the screen."""

    acknowledgement: Span | None = None
    refusal: Span | None = None
    receipts: frozenset[str] = frozenset()
    serials: frozenset[str] = frozenset()


@dataclass(slots=True)
class Sightings:
    """What a recording showed."""

    acknowledgements: dict[Acknowledgement, list[float]] = field(default_factory=dict)
    """Seconds at which each appeared."""
    refusals: list[tuple[float, str]] = field(default_factory=list)
    handed_over: set[tuple[str, str]] = field(default_factory=set)
    """(receipt number, serial) that stood on one screen with no other receipt number."""
    garbled: set[str] = field(default_factory=set)
    reports: ReportSightings = field(default_factory=ReportSightings)
    let_pass: int = 0
    """Green verdicts at this terminal's gate."""
    stopped: int = 0
    """Amber and red ones."""


class Replay:
    """A terminal that is fed chunk by chunk; `sightings` grows as it goes."""

    def __init__(self, columns: int, lines: int) -> None:
        self.sightings = Sightings()
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.Stream(self._screen)
        self._lines: dict[int, _Line] = {}
        self._half_written: set[int] = set()
        self._shown: set[Acknowledgement] = set()
        self._refused: set[str] = set()
        self._refused_until: dict[str, float] = {}
        self._texts: dict[int, str] = {}
        self._reports = ReportReader()
        self.sightings.reports = self._reports.sightings
        self._verdicts = VerdictReader()
        self._closed: int | None = None
        """The newest closing of a shift that was acknowledged."""

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self._screen.resize(lines, columns)
        self._lines = {y: line for y, line in self._lines.items() if y < lines}
        self._texts = {y: text for y, text in self._texts.items() if y < lines}

    def feed(self, text: str, at: float) -> None:
        """Show `text`, which arrived `at` seconds after the recording began, picture by picture."""
        for picture in _PICTURE.findall(text):
            self._show(picture, at)

    def _show(self, picture: str, at: float) -> None:
        self._stream.feed(picture)
        changed = self._screen.dirty | self._half_written
        # A line that wrapped is read with the one below it.
        changed |= {y - 1 for y in changed if y > 0}
        self._screen.dirty.clear()
        self._half_written.clear()
        for y in sorted(changed):
            if y < self._screen.lines:
                self._read_line(y)
        self._note_acknowledgements(at)
        self._note_refusals(at)
        self._note_tickets()
        self._note_panels()

    def _text(self, y: int) -> str:
        """Return line `y` with one character for each column."""
        cells = self._screen.buffer[y]
        return "".join(cells[x].data[:1] or " " for x in range(self._screen.columns))

    def _read_line(self, y: int) -> None:
        text = self._texts[y] = self._text(y)
        old = self._lines.get(y, _Line())
        line = _Line(receipts=receipts_in(text), serials=serials_in(text))
        line.acknowledgement = self._whole_acknowledgement(y, text)
        if y in self._half_written:
            line.acknowledgement = old.acknowledgement
        line.refusal = refusal_in(text)
        if line.refusal is not None and self._cursor_in(y, line.refusal, end_too=True):
            self._half_written.add(y)
            line.refusal = old.refusal
        self._lines[y] = line

    def _whole_acknowledgement(self, y: int, text: str) -> Span | None:
        found = acknowledgement_in(text)
        if found is None:
            return None
        if isinstance(found.what, str) and y + 1 < self._screen.lines:
            wrapped = acknowledgement_in(joined(text, self._text(y + 1)))
            if wrapped is not None and isinstance(wrapped.what, Acknowledgement):
                found = Span(wrapped.what, found.start, self._screen.columns)
                if self._screen.cursor.y == y + 1:
                    self._half_written.add(y)
        if self._cursor_in(y, found):
            self._half_written.add(y)
        return found

    def _cursor_in(self, y: int, span: Span, *, end_too: bool = False) -> bool:
        cursor = self._screen.cursor
        # Right before the words the mark is new and all behind it is old; right behind them, and
        # behind the space that follows, more words may be on their way.
        return bool(cursor.y == y and span.start - 1 <= cursor.x < span.end + 2 * end_too)

    def _note_acknowledgements(self, at: float) -> None:
        shown: set[Acknowledgement] = set()
        for y, line in self._lines.items():
            match line.acknowledgement:
                case Span(what=Acknowledgement() as what):
                    shown.add(what)
                case Span(what=str(text)) if y not in self._half_written:
                    self.sightings.garbled.add(text)
                case _:
                    continue
        for what in shown - self._shown:
            self.sightings.acknowledgements.setdefault(what, []).append(at)
            if what.kind == "shift_closed":
                self._closed = max(what.sequence, self._closed or 0)
        self._shown = shown

    def _note_refusals(self, at: float) -> None:
        refused = {str(line.refusal.what) for line in self._lines.values() if line.refusal}
        for title in self._refused - refused:
            self._refused_until[title] = at
        for title in refused - self._refused:
            if at - self._refused_until.get(title, float("-inf")) > REDRAW_S:
                self.sightings.refusals.append((at, title))
        self._refused = refused

    def _note_tickets(self) -> None:
        receipts = {receipt for line in self._lines.values() for receipt in line.receipts}
        if len(receipts) != 1:
            return
        (receipt,) = receipts
        for line in self._lines.values():
            self.sightings.handed_over |= {(receipt, serial) for serial in line.serials}

    def _note_panels(self) -> None:
        self._reports.look(self._texts, self._screen.cursor.y, self._closed)
        self._verdicts.look(self._texts, self._screen.cursor.y)
        self.sightings.let_pass = self._verdicts.passed
        self.sightings.stopped = self._verdicts.stopped


def replay(columns: int, lines: int, events: Iterator[tuple[float, str, Any]]) -> Sightings:
    """Replay asciicast events: "o" is output, "r" a new size such as `120x40`."""
    terminal = Replay(columns, lines)
    for at, kind, text in events:
        if kind == "o":
            terminal.feed(text, at)
        elif kind == "r":
            width, height = str(text).split("x")
            terminal.resize(int(width), int(height))
    return terminal.sightings
