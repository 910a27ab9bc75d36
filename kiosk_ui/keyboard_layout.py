"""What a keyboard scanner's characters mean, learnt from one scan of the calibration code. Pure.

Caps Lock swaps small letters and capitals of what arrives; each scan tells by itself whether it is
on. A dead key joins the letter that follows; where both are known the two are taken apart again.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from babel.lists import format_list

from kiosk_contracts.scanning import CALIBRATION_TEXT, CODE_CHARACTERS
from kiosk_contracts.ticket_code import PREFIX
from kiosk_texts import mark, spoken, tr

_COUNT: Final = len(CODE_CHARACTERS)
_DOTLESS: Final = "\N{LATIN SMALL LETTER DOTLESS I}"
_DOTTED: Final = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"
_TURKISH: Final[Mapping[str, str]] = {"I": _DOTLESS, _DOTLESS: "I", "i": _DOTTED, _DOTTED: "i"}
"""Caps Lock pairs these letters on a Turkish keyboard, where elsewhere it pairs i and I."""
_DEAD: Final[Mapping[str, str]] = {
    "\u0300": "`",
    "\u0301": "\N{ACUTE ACCENT}'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0308": '¨"',
    "\u030c": "ˇ",
    "\u0327": "\N{CEDILLA}",
}
"""What a dead key sends when nothing joins it, by its combining form."""
_SET_ALIKE: Final = mark(
    "Set the scanner to this kiosk's keyboard layout with the codes in its manual, then scan again."
)
_SCAN_AGAIN: Final = mark("Scan it once more, straight on; if this stays, the scanner loses keys.")


class LayoutError(ValueError):
    """Nothing can be learnt from a scan; the message says why, `what_to_do` how to go on."""

    def __init__(self, message: str, what_to_do: str) -> None:
        super().__init__(message)
        self.what_to_do = what_to_do


class KeyboardLayout:
    """Reads what arrives as the characters that the code holds."""

    def __init__(self, arrives: str) -> None:
        """`arrives` has one character for each of CODE_CHARACTERS, all different."""
        self.arrives = arrives
        self._direct = dict(zip(arrives, CODE_CHARACTERS, strict=True))
        turkish = not {_DOTLESS, _DOTTED}.isdisjoint(arrives)
        self._swapped = {
            other: meant
            for raw, meant in self._direct.items()
            for other in _other_case(raw, turkish=turkish)
        }

    def __eq__(self, other: object) -> bool:
        """Say whether both read all alike."""
        return isinstance(other, KeyboardLayout) and other.arrives == self.arrives

    def __hash__(self) -> int:
        """Return a hash that fits."""
        return hash(self.arrives)

    @property
    def moved(self) -> int:
        """How many characters arrive as others, small letters for capitals not counted."""
        return sum(raw.upper() != meant for raw, meant in self._direct.items())

    @property
    def may_be_dead(self) -> str:
        """Characters among those that arrive which may come from a dead key."""
        dead = "".join(_DEAD.values())
        return "".join(raw for raw in self.arrives if raw in dead and raw not in "'\"")

    def character(self, raw: str) -> str | None:
        """Return what one character that arrived means, whether Caps Lock is on or not."""
        return self._direct.get(raw) or self._swapped.get(raw)

    def read(self, raw: str) -> str | None:
        """Return the code that arrived as `raw`; None if it has a character that none can mean."""
        known = "".join(self._parted(raw))
        direct = [self._direct.get(char) for char in known]
        # Only where Caps Lock has changed since is a character among the swapped ones alone.
        either = direct if None not in direct else self._with_caps_lock(known)
        return None if None in either else "".join(char for char in either if char is not None)

    def _with_caps_lock(self, known: str) -> list[str | None]:
        return [self._swapped.get(char) or self._direct.get(char) for char in known]

    def _parted(self, raw: str) -> Iterator[str]:
        """Yield the characters, those that a dead key had joined one by one in their order."""
        for char in raw:
            parts = None if self.character(char) is not None else _take_apart(char)
            dead = next((one for one in parts[1] if self.character(one)), None) if parts else None
            if parts is not None and dead is not None and self.character(parts[0]) is not None:
                yield dead
                yield parts[0]
            else:
                yield char


def learn(raw: str) -> KeyboardLayout:
    """Return the layout by what arrived of the calibration code; LayoutError if there is none.

    The layout is learnt from one half and tested on the other.
    """
    if len(raw) != len(CALIBRATION_TEXT):
        raise _wrong_length(raw)
    begin, first, second = _halves(raw)
    twice = sorted(char for char, count in Counter(first).items() if count > 1)
    if twice and first == second:
        raise _alike(first, twice[0])
    if twice or first != second:
        words = tr("One character arrived in two ways: a key was lost.")
        raise LayoutError(words, tr(_SCAN_AGAIN))
    layout = KeyboardLayout(first)
    if layout.read(begin) != PREFIX:
        words = tr("This is not the calibration code.")
        raise LayoutError(words, tr("Scan the one on this screen."))
    return layout


def _alike(arrived: str, char: str) -> LayoutError:
    meant = [code for came, code in zip(arrived, CODE_CHARACTERS, strict=True) if came == char]
    words = tr(
        "{characters} arrive alike, as {character}: no table tells them.",
        characters=format_list(meant, locale=spoken().locale),
        character=char,
    )
    return LayoutError(words, tr(_SET_ALIKE))


def _halves(raw: str) -> tuple[str, str, str]:
    begin, rest = raw[: len(PREFIX)], raw[len(PREFIX) :]
    return begin, rest[:_COUNT], rest[_COUNT:][::-1]


def _wrong_length(raw: str) -> LayoutError:
    count, wanted = len(raw), len(CALIBRATION_TEXT)
    if count > wanted:
        words = tr(
            "{count} characters arrived for {wanted}: some arrive as two, which no table mends.",
            count=count,
            wanted=wanted,
        )
        return LayoutError(words, tr(_SET_ALIKE))
    words = tr(
        "{count} of {wanted} characters arrived: a dead key swallows some, or keys were lost.",
        count=count,
        wanted=wanted,
    )
    return LayoutError(words, tr(_SET_ALIKE))


def _other_case(raw: str, *, turkish: bool) -> Iterator[str]:
    """Yield what Caps Lock may make of a character; where nobody knows, as either country does."""
    pair = _TURKISH.get(raw)
    others = {raw.swapcase(), raw.upper(), raw.lower(), pair or raw}
    for other in {pair} if turkish and pair is not None else others:
        if len(other) == 1 and other != raw:
            yield other


def _take_apart(char: str) -> tuple[str, str] | None:
    """Return (letter, what its dead key sends alone) of a letter with one accent."""
    parts = unicodedata.normalize("NFD", char)
    if len(parts) != 2 or parts[1] not in _DEAD:  # noqa: PLR2004  a letter and its accent
        return None
    return parts[0], _DEAD[parts[1]]
