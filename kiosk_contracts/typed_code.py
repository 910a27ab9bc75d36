"""Codes that people read out and type: Crockford's Base32 with a check character.

No I, L, O and U; any case, spaces and hyphens are taken. The check character is by Damm's algorithm
over GF(32) (x^5 + x^2 + 1), which finds every single wrong character and every two neighbours
swapped. https://www.crockford.com/base32.html
"""

from collections.abc import Sequence
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {char: value for value, char in enumerate(ALPHABET)}
_LOOKALIKES: Final = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})
_REDUCING_POLYNOMIAL: Final = 0b100101
_FIELD_SIZE: Final = 32


class TypedCodeError(ValueError):
    """A text is no such code; the message says why, in words for a person."""


def with_check(digits: Sequence[int]) -> str:
    """Return the characters of digits below 32, and their check character."""
    return "".join(ALPHABET[digit] for digit in (*digits, _check_digit(digits)))


def read_typed(text: str, length: int, what: str) -> str:
    """Return the canonical characters of what was typed, the check character included.

    `what` names it in the message, e.g. `a serial`. Raises TypedCodeError.
    """
    typed = text.strip().upper().translate(_LOOKALIKES)
    if len(typed) != length:
        msg = f"{what} has {length} characters, this has {len(typed)}"
        raise TypedCodeError(msg)
    for char in typed:
        if char not in _VALUES:
            msg = f"{what} has no {char!r}; it uses digits and capitals without I, L, O and U"
            raise TypedCodeError(msg)
    digits = [_VALUES[char] for char in typed]
    if _check_digit(digits[:-1]) != digits[-1]:
        msg = "the check character does not fit: one character is wrong or two are swapped"
        raise TypedCodeError(msg)
    return typed


def number_of(typed: str) -> int:
    """Return the number that canonical characters carry, without the check character."""
    number = 0
    for char in typed[:-1]:
        number = number << 5 | _VALUES[char]
    return number


def _check_digit(digits: Sequence[int]) -> int:
    interim = 0
    for digit in digits:
        doubled = (interim ^ digit) << 1
        interim = doubled ^ _REDUCING_POLYNOMIAL if doubled >= _FIELD_SIZE else doubled
    return interim
