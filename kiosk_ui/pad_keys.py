"""The keys of the pad on the screen, by what is typed and by language. No state, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from babel.numbers import get_decimal_symbol

from kiosk_texts import spoken, trc
from kiosk_ui.takes import Takes

SHIFT: Final = "shift"
"""What the key is called that makes the next letter a capital; no key press has this name."""
_QWERTY: Final = ("1234567890-", "qwertyuiop'", "asdfghjkl", "zxcvbnm.")
_QWERTZ: Final = ("1234567890ß", "qwertzuiopü-", "asdfghjklöä'", "yxcvbnm.")
_NAMES: Final = {" ": "space", ".": "full_stop", ",": "comma", "-": "minus", "'": "apostrophe"}
"""What key presses of these are called; letters and digits are called as they are."""


@dataclass(frozen=True, slots=True)
class PadKey:
    """A key: what stands on it, what it presses, how many units wide it is."""

    shown: str
    press: str
    width: int = 1
    word: str = ""
    """What stands on it where signs are written as words."""

    def shifted(self) -> "PadKey":
        """Return the key of the capital letter, or the same one where there is none."""
        capital = self.shown.upper()
        if len(self.press) != 1 or len(capital) != 1:
            return self
        return PadKey(capital, capital, self.width)


PadRows = Sequence[Sequence[PadKey]]
"""Keys beside and below each other; no row is wider than the first."""


def pad_rows(takes: Takes, *, flat: bool) -> PadRows:
    """Return the keys for what is typed; `flat` where digits have few lines and all columns."""
    if takes is Takes.TEXT:
        return _letters()
    point = get_decimal_symbol(spoken().locale)
    last = _typed(point if point in _NAMES else ".") if takes is Takes.AMOUNT else _NOTHING
    if flat:
        first = [*map(_typed, "123456"), _backspace()]
        return (first, [*map(_typed, "7890"), last, _enter(2)])
    rows = [[*map(_typed, three)] for three in ("123", "456", "789")]
    return (*rows, [last, _typed("0"), _backspace()], [_enter(3)])


_NOTHING: Final = PadKey("", "")
"""No key: a place that stays empty."""


def _letters() -> PadRows:
    rows = _QWERTZ if spoken().locale.language == "de" else _QWERTY
    digits, upper, middle, lower = ([*map(_typed, row)] for row in rows)
    space = PadKey(trc("a key of the pad", "Space"), "space", 2)
    shift = PadKey(trc("a key of the pad", "Caps"), SHIFT)
    return ([*digits, _backspace()], upper, middle, [shift, *lower, space, _enter(1)])


def _typed(character: str) -> PadKey:
    return PadKey(character, _NAMES.get(character, character))


def _backspace() -> PadKey:
    return PadKey("←", "backspace", word=trc("a key of the pad", "Back"))


def _enter(width: int) -> PadKey:
    return PadKey("Enter", "enter", width)
