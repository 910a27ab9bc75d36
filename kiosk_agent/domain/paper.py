"""What stands on paper, line by line; a printer's own language is the adapter's matter."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

_NOT_PRINTED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_REPLACED: Final = "?"
_MARKS: Final = frozenset({"Mn", "Me"})
_THAI: Final = range(0x0E00, 0x0E80)
"""Marks that are vowels there, which a printer with a page for them places by itself."""
_JOINERS: Final = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
_BLANKS: Final = frozenset("\t\n\r\v\f\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, wrapped where it is too long."""

    text: str = ""
    centred: bool = False
    strong: bool = False
    large: bool = False
    """Twice as wide and as high."""


@dataclass(frozen=True, slots=True)
class Pair:
    """What it is on the left, how much on the right."""

    left: str
    right: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code."""

    text: str


Piece = Line | Pair | Rule | Code
Sheet = tuple[Piece, ...]
"""One piece of paper, cut off at its end."""


def printable(text: str) -> str:
    """Return `text` on one line, with nothing in it that a printer would take for a command.

    Each character is one column of paper: printers put every byte into a cell of its own, and have
    no wide characters. What has no cell on a screen (a mark that composes with no letter, a joiner
    of emoji) would get one on paper, as a sign beside its letter: it is left out.
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(_printable_char(char) for char in composed if not _has_no_cell(char))


def laid_out(sheet: Sequence[Piece], columns: int) -> Iterator[Line | Code]:
    """Return a sheet as lines of at most so many columns, and codes."""
    for piece in sheet:
        match piece:
            case Line():
                yield from _wrapped(piece, columns)
            case Pair():
                yield from _pair(piece, columns)
            case Rule():
                yield Line("-" * columns)
            case Code():
                yield piece


def _has_no_cell(char: str) -> bool:
    is_mark = unicodedata.category(char) in _MARKS and ord(char) not in _THAI
    return is_mark or char in _JOINERS


def _printable_char(char: str) -> str:
    if char in _BLANKS:
        return " "
    return _REPLACED if unicodedata.category(char) in _NOT_PRINTED else char


def _wrapped(line: Line, columns: int) -> Iterator[Line]:
    width = columns // 2 if line.large else columns
    for part in wrap(printable(line.text), width) or [""]:
        yield Line(part, line.centred, line.strong, line.large)


def _pair(pair: Pair, columns: int) -> Iterator[Line]:
    left, right = printable(pair.left), printable(pair.right)
    if len(left) + 1 + len(right) <= columns:
        yield Line(left + right.rjust(columns - len(left)), strong=pair.strong)
        return
    for part in wrap(left, columns) or [""]:
        yield Line(part, strong=pair.strong)
    for part in wrap(right, columns):
        yield Line(part.rjust(columns), strong=pair.strong)
