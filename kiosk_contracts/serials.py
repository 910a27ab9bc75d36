"""The serial of a ticket: ten characters that a person can read out and type.

Nine characters carry a 45-bit number in Crockford's Base32 (no I, L, O, U); the tenth is a check
character by Damm's algorithm over GF(32) (x^5 + x^2 + 1), which finds every single wrong
character and every two neighbours swapped. `docs/ticket-code.md` has test vectors.
"""

from typing import Annotated, Final

from pydantic import AfterValidator

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SERIAL_LENGTH: Final = 10
SERIAL_BITS: Final = 45
_VALUES: Final = {char: value for value, char in enumerate(ALPHABET)}
_LOOKALIKES: Final = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})
_REDUCING_POLYNOMIAL: Final = 0b100101
_FIELD_SIZE: Final = 32


class SerialError(ValueError):
    """A text is not a serial; the message says why, in words for a person."""


def format_serial(number: int) -> str:
    """Return the ten characters of serial `number` (0 <= number < 2**45)."""
    if not 0 <= number < 1 << SERIAL_BITS:
        msg = f"a serial's number is below 2**{SERIAL_BITS}, not {number}"
        raise SerialError(msg)
    digits = [(number >> shift) & 31 for shift in range(SERIAL_BITS - 5, -5, -5)]
    return "".join(ALPHABET[digit] for digit in [*digits, _check_digit(digits)])


def parse_serial(text: str) -> int:
    """Return the number of a serial as a person may type it (any case, spaces, hyphens, I/L/O)."""
    return _number(normalise_serial(text))


def normalise_serial(text: str) -> str:
    """Return the ten canonical characters for `text`, or raise SerialError saying what is wrong."""
    serial = text.strip().upper().translate(_LOOKALIKES)
    if len(serial) != SERIAL_LENGTH:
        msg = f"a serial has {SERIAL_LENGTH} characters, this has {len(serial)}"
        raise SerialError(msg)
    for char in serial:
        if char not in _VALUES:
            msg = f"a serial has no {char!r}; it uses digits and capitals without I, L, O and U"
            raise SerialError(msg)
    digits = [_VALUES[char] for char in serial]
    if _check_digit(digits[:-1]) != digits[-1]:
        msg = "the check character does not fit: one character is wrong or two are swapped"
        raise SerialError(msg)
    return serial


def _number(serial: str) -> int:
    number = 0
    for char in serial[:-1]:
        number = number << 5 | _VALUES[char]
    return number


def _check_digit(digits: list[int]) -> int:
    interim = 0
    for digit in digits:
        doubled = (interim ^ digit) << 1
        interim = doubled ^ _REDUCING_POLYNOMIAL if doubled >= _FIELD_SIZE else doubled
    return interim


def _canonical(value: str) -> str:
    if normalise_serial(value) != value:
        msg = "a serial on the wire has ten capitals and digits, without spaces"
        raise SerialError(msg)
    return value


Serial = Annotated[str, AfterValidator(_canonical)]
"""One ticket's serial in its canonical ten characters."""
