"""What a check found, and what a technician does about it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Level(StrEnum):
    """How a check came out."""

    GOOD = "good"
    LOOK = "look"
    """It goes on, and somebody should look."""
    BAD = "bad"
    """Nothing is begun before this is mended."""


@dataclass(frozen=True, slots=True)
class Found:
    """One check's answer. `what_to_do` is empty where it is good."""

    level: Level
    text: str
    what_to_do: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A check by its name, and its answer."""

    name: str
    found: Found


def good(text: str) -> Found:
    """Return that all is as it should be."""
    return Found(Level.GOOD, text)


def look(text: str, what_to_do: str) -> Found:
    """Return that it goes on, and somebody should look."""
    return Found(Level.LOOK, text, what_to_do)


def bad(text: str, what_to_do: str) -> Found:
    """Return that nothing is begun before this is mended."""
    return Found(Level.BAD, text, what_to_do)


GIB: Final = 1024**3
MIB: Final = 1024**2
