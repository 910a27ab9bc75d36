"""A report on a screen that is smaller than it: lines that fit, and which of them. No I/O."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

_SIGNS: Final = str.maketrans({"✔": "+", "▲": "!", "✖": "x", "→": ">"})
"""Signs of the doctor's that a bare console's font may not have."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Lines as wide as they are, and the first of them that is shown."""

    lines: tuple[str, ...]
    top: int = 0

    def shown(self, columns: int, rows: int) -> tuple[list[str], int, int]:
        """Return the lines that are shown, which is the first of them, and of how many; from 0."""
        wrapped = self.wrapped(columns)
        top = max(0, min(self.top, len(wrapped) - rows))
        return wrapped[top : top + rows], top, len(wrapped)

    def moved(self, by: int, columns: int, rows: int) -> "Pages":
        """Return it some lines on; not beyond its ends."""
        _, top, count = self.shown(columns, rows)
        return replace(self, top=max(0, min(top + by, count - rows)))

    def wrapped(self, columns: int) -> list[str]:
        """Return the lines in pieces that fit; what goes on is indented as where it began."""
        return [piece for line in self.lines for piece in _pieces(line, max(20, columns))]


def plain_lines(text: str) -> tuple[str, ...]:
    """Return a text's lines without what a terminal would obey."""
    lines: Sequence[str] = text.translate(_SIGNS).expandtabs().split("\n")
    return tuple(
        "".join(char if char.isprintable() else "?" for char in line).rstrip() for line in lines
    )


def _pieces(line: str, columns: int) -> list[str]:
    indent = " " * min(len(line) - len(line.lstrip()) + 2, columns // 2)
    return textwrap.wrap(line, columns, subsequent_indent=indent) or [""]
