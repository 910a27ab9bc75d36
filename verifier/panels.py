"""Reads what stands on several lines of a screen: X and Z reports, and a gate's verdicts.

A line on which the cursor stands may be half written and is not read; one that stays is read with
a later chunk, for a kiosk's clock moves the cursor every second.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from verifier.forms import AMOUNT, spelled

_HEADER: Final = re.compile(r"(?<!\w)(?P<kind>[XZ]) report · ")
_FIGURE: Final = re.compile(
    r"(?<!\w)(?P<label>Opening float|Cash taken|Cash given back|Paid in|Paid out"
    r"|Should be in the drawer|Counted|Over or short|given back in cash|given back by card)"
    rf" {{2,}}(?P<value>{AMOUNT}(?: (?:over|short))?|exact)(?!\S)"
)
_COUNT: Final = re.compile(r"(?<!\w)(?P<label>Payments cancelled) {2,}(?P<value>\d+)(?!\S)")
SHOULD_HOLD: Final = "Should be in the drawer"
_VERDICT: Final = re.compile(r"^\W*(?P<colour>GREEN|AMBER|RED) · (?P<word>[A-Z][A-Z ]*[A-Z])\W*$")
_VERDICT_LINES: Final = 3

Lines = Mapping[int, str]
"""What stands in each line of the screen that was ever written."""


@dataclass(slots=True)
class ReportSightings:
    """What reports a terminal showed."""

    z_reports: dict[int, dict[str, set[str]]] = field(default_factory=dict)
    """By the sequence of the closing that was acknowledged with it: each figure's values."""
    x_reports: list[str] = field(default_factory=list)
    """What should be in the drawer, each time that an X report says another amount."""


class ReportReader:
    """Reads reports, also those that are gone through a screenful at a time."""

    def __init__(self) -> None:
        self.sightings = ReportSightings()
        self._kind = ""
        """Of the report whose head was seen last: its figures may stand on a later screenful."""

    def look(self, lines: Lines, cursor_y: int, closed: int | None) -> None:
        """Read a screen; `closed` is the closing acknowledged last at this terminal."""
        for y, text in lines.items():
            if y != cursor_y and (header := _HEADER.search(text)):
                self._kind = header["kind"]
        for y, text in lines.items():
            found = None if y == cursor_y else _FIGURE.search(text) or _COUNT.search(text)
            if found is not None:
                self._note(found["label"], spelled(found["value"]), closed)

    def _note(self, label: str, value: str, closed: int | None) -> None:
        seen = self.sightings
        if self._kind == "Z" and closed is not None:
            seen.z_reports.setdefault(closed, {}).setdefault(label, set()).add(value)
        elif self._kind == "X" and label == SHOULD_HOLD and seen.x_reports[-1:] != [value]:
            seen.x_reports.append(value)


class VerdictReader:
    """Counts a gate's verdicts: word, ticket and text, each time that another one stands there."""

    def __init__(self) -> None:
        self.passed = 0
        self.stopped = 0
        self._standing: tuple[str, ...] = ()

    def look(self, lines: Lines, cursor_y: int) -> None:
        """Read a screen."""
        for y, text in lines.items():
            found = _VERDICT.match(text)
            if found is None:
                continue
            if not y <= cursor_y < y + _VERDICT_LINES:
                rest = [lines.get(y + 1, "").strip(), lines.get(y + 2, "").strip()]
                self._note((found["colour"], found["word"], *rest))
            return
        self._standing = ()

    def _note(self, verdict: tuple[str, ...]) -> None:
        if verdict == self._standing:
            return
        self._standing = verdict
        if verdict[0] == "GREEN":
            self.passed += 1
        else:
            self.stopped += 1
