"""What stands on paper, line by line; a printer's own language is the adapter's matter."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

_NOT_PRINTED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_REPLACED: Final = "?"
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
    """Return `text` on one line, with nothing in it that a printer would take for a command."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(map(_printable_char, composed))


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
