"""Where a scanner is, as the setting `scanner` says it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_USUAL_BAUD: Final = 9600
_MOST_BAUD: Final = 4_000_000
SHAPE: Final = "serial:DEVICE[:BAUD], for example serial:/dev/ttyACM0"


@dataclass(frozen=True, slots=True)
class SerialAddress:
    """A scanner on a serial line, or on USB as one, where the baud rate is of no effect."""

    device: Path
    baud: int = _USUAL_BAUD


def parse_scanner(text: str) -> SerialAddress:
    """Return the address; ValueError says what it may look like."""
    scheme, _, rest = text.partition(":")
    device, colon, baud = rest.partition(":")
    if scheme != "serial" or not device:
        msg = f"{text!r} is not {SHAPE}"
        raise ValueError(msg)
    if not Path(device).is_absolute():
        msg = f"{text!r}: {device!r} is no absolute path; it is {SHAPE}"
        raise ValueError(msg)
    if not colon:
        return SerialAddress(Path(device))
    if not (baud.isascii() and baud.isdigit() and 0 < int(baud) <= _MOST_BAUD):
        msg = f"{text!r}: {baud!r} is no number from 1 to {_MOST_BAUD}; it is {SHAPE}"
        raise ValueError(msg)
    return SerialAddress(Path(device), int(baud))
