"""What a serial scanner's bytes say, and what staff are told about it."""

from dataclasses import dataclass
from typing import Final

from kiosk_contracts.kiosk_status import StatusWarning
from kiosk_contracts.scanning import LONGEST_SCAN, ScannerLayout, ScannerState
from kiosk_texts import tr

_ENDS: Final = frozenset(b"\r\n")


@dataclass(slots=True)
class SeenScanner:
    """The agent's scanner as it was seen last, and the layout of those that are keyboards."""

    state: ScannerState = ScannerState.NONE
    layout: ScannerLayout | None = None


class ScannedLines:
    """Cuts what a scanner sends into texts: each ends with a carriage return or line feed.

    Control and other unprintable bytes are noise and left out; so is a text that never ends.
    """

    def __init__(self) -> None:
        self._begun = bytearray()
        self.noise = 0
        """Texts that were longer than any code, so far."""

    @property
    def begun(self) -> bool:
        """Whether a text has begun that has no end yet."""
        return bool(self._begun)

    def take(self, data: bytes) -> list[str]:
        """Take bytes; return the texts that they end."""
        found = []
        for byte in data:
            if byte in _ENDS:
                found += self.end()
            elif len(self._begun) <= LONGEST_SCAN:
                self._begun.append(byte)
        return found

    def end(self) -> list[str]:
        """Return what has begun, as a text: nothing will follow."""
        begun, self._begun = bytes(self._begun), bytearray()
        if len(begun) > LONGEST_SCAN:
            self.noise += 1
            return []
        text = "".join(
            chr(byte) for byte in begun if chr(byte).isascii() and chr(byte).isprintable()
        )
        return [text.strip()] if text.strip() else []


def scanner_warning(state: ScannerState) -> StatusWarning | None:
    """Return what staff are told of the scanner, if anything."""
    if state is not ScannerState.AWAY:
        return None
    return StatusWarning(
        code="scanner_away",
        text=tr("The scanner does not answer."),
        hint=tr(
            "Check its cable or its cradle; it is used again by itself. Until then type serials."
        ),
    )
