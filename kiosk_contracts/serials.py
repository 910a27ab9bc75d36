"""The serial of a ticket: ten characters that a person can read out and type.

Nine characters carry a 45-bit number, the tenth is their check character (`typed_code`).
`docs/ticket-code.md` has test vectors.
"""

from typing import Annotated, Final

from pydantic import AfterValidator

from kiosk_contracts.typed_code import TypedCodeError, number_of, read_typed, with_check

SERIAL_LENGTH: Final = 10
SERIAL_BITS: Final = 45


class SerialError(ValueError):
    """A text is not a serial; the message says why, in words for a person."""


def format_serial(number: int) -> str:
    """Return the ten characters of serial `number` (0 <= number < 2**45)."""
    if not 0 <= number < 1 << SERIAL_BITS:
        msg = f"a serial's number is below 2**{SERIAL_BITS}, not {number}"
        raise SerialError(msg)
    return with_check([(number >> shift) & 31 for shift in range(SERIAL_BITS - 5, -5, -5)])


def parse_serial(text: str) -> int:
    """Return the number of a serial as a person may type it (any case, spaces, hyphens, I/L/O)."""
    return number_of(normalise_serial(text))


def normalise_serial(text: str) -> str:
    """Return the ten canonical characters for `text`, or raise SerialError saying what is wrong."""
    try:
        return read_typed(text, SERIAL_LENGTH, "a serial")
    except TypedCodeError as error:
        raise SerialError(str(error)) from None


def _canonical(value: str) -> str:
    if normalise_serial(value) != value:
        msg = "a serial on the wire has ten capitals and digits, without spaces"
        raise SerialError(msg)
    return value


Serial = Annotated[str, AfterValidator(_canonical)]
"""One ticket's serial in its canonical ten characters."""
