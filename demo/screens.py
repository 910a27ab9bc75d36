"""Replays a cast into the screens it showed, as rows of runs of one style."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pyte

FOREGROUND: Final = "e0e0e0"
BACKGROUND: Final = "121212"
_ANSI: Final = {
    "black": "1c1c1c",
    "red": "e06c75",
    "green": "98c379",
    "brown": "e5c07b",
    "blue": "61afef",
    "magenta": "c678dd",
    "cyan": "56b6c2",
    "white": "dcdfe4",
    "brightblack": "5c6370",
    "brightred": "ff7a85",
    "brightgreen": "b5e890",
    "brightbrown": "ffd68a",
    "brightblue": "7cc3ff",
    "brightmagenta": "e08bff",
    "brightcyan": "7fe0ec",
    "brightwhite": "ffffff",
}
_TOGETHER_S: Final = 0.05
"""Output that comes closer than this is one change of the screen."""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters of one style; colours are six hexadecimal digits."""

    text: str
    foreground: str
    background: str
    bold: bool = False


Row = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """What a terminal showed from one moment on."""

    at: float
    """Unix time in seconds."""
    rows: tuple[Row, ...]

    def text(self) -> str:
        """Return the screen's characters, a line a row."""
        return "\n".join("".join(run.text for run in row) for row in self.rows)


def read_screens(cast: Path) -> Iterator[Screen]:
    """Yield a cast's screens in order; output that comes together makes one screen."""
    with cast.open(encoding="utf-8") as file:
        header = json.loads(file.readline())
        events = [json.loads(line) for line in file]
    screen = pyte.Screen(int(header["width"]), int(header["height"]))
    stream = pyte.Stream(screen)
    started = float(header["timestamp"])
    for index, (at, kind, text) in enumerate(events):
        if kind == "r":
            columns, _, rows = text.partition("x")
            screen.resize(int(rows), int(columns))
        elif kind == "o":
            stream.feed(text)
        last = index + 1 == len(events)
        if last or float(events[index + 1][0]) - float(at) >= _TOGETHER_S:
            yield Screen(started + float(at), _rows(screen))


def _rows(screen: Any) -> tuple[Row, ...]:
    return tuple(
        _row([screen.buffer[y][x] for x in range(screen.columns)]) for y in range(screen.lines)
    )


def _row(chars: list[Any]) -> Row:
    return tuple(
        Run("".join(char.data for char in together), *style)
        for style, together in groupby(chars, key=_style)
    )


def _style(char: Any) -> tuple[str, str, bool]:
    foreground = _colour(char.fg, FOREGROUND)
    background = _colour(char.bg, BACKGROUND)
    if char.reverse:
        foreground, background = background, foreground
    return foreground, background, bool(char.bold)


def _colour(name: str, default: str) -> str:
    return default if name == "default" else _ANSI.get(name, name)
