"""Recognises what `docs/ui.md` promises to show, in one line of a terminal's screen."""

import re
from dataclasses import dataclass
from typing import Final

from verifier.canonical import SERIAL_ALPHABET, is_serial
from verifier.forms import AMOUNT, spelled

_FRAME: Final = " │┃║▌▐▏▕|"
_ACKNOWLEDGED: Final = re.compile(
    r"✔ #(?P<sequence>\d+) (?P<kind>[a-z][a-z ]*?)"
    rf"(?: (?P<reference>{AMOUNT}|[0-9A-Z][0-9A-Z-]*))?"
    r" recorded (?P<line>online|offline)(?![\w-])"
)
_BEGINS_LIKE_ONE: Final = "✔ #"
_REFUSED: Final = re.compile(rf"^[{_FRAME}]*✖ (?P<title>\S.*?)[{_FRAME}]*$")
_RECEIPT: Final = re.compile(r"(?<![\w-])[A-Z][A-Z0-9]{1,5}-\d{1,6}-\d{6,12}(?![\w-])")
_WORD: Final = re.compile(rf"(?<![\w-])[{SERIAL_ALPHABET}]{{10}}(?![\w-])")


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """`✔ #23 sale HB1-1-000017 recorded offline`."""

    sequence: int
    kind: str
    reference: str
    offline: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Something recognised, and the columns in which it stands: start <= column < end."""

    what: Acknowledgement | str
    start: int
    end: int


def acknowledgement_in(line: str) -> Span | None:
    """Find an acknowledgement; `what` is its text where it begins like one and is none."""
    match = _ACKNOWLEDGED.search(line)
    if match is not None:
        what = Acknowledgement(
            sequence=int(match["sequence"]),
            kind=match["kind"].replace(" ", "_"),
            reference=spelled(match["reference"] or ""),
            offline=match["line"] == "offline",
        )
        return Span(what, match.start(), match.end())
    start = line.find(_BEGINS_LIKE_ONE)
    if start < 0:
        return None
    return Span(line[start:].rstrip(_FRAME), start, len(line))


def joined(line: str, next_line: str) -> str:
    """Join a line with the one that it wrapped to."""
    return f"{line.rstrip(_FRAME)} {next_line.strip(_FRAME)}"


def refusal_in(line: str) -> Span | None:
    """Find the title of a refusal: `✖ Sold out`."""
    match = _REFUSED.match(line)
    return None if match is None else Span(match["title"], match.start("title"), match.end("title"))


def receipts_in(line: str) -> frozenset[str]:
    """Return the receipt numbers of a line."""
    return frozenset(_RECEIPT.findall(line))


def serials_in(line: str) -> frozenset[str]:
    """Return the words of a line that have a serial's form and check character."""
    return frozenset(word for word in _WORD.findall(line) if is_serial(word))
