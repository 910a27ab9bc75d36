"""The ticket code: what a ticket's QR code holds, byte by byte in `docs/ticket-code.md`.

`EP1` and 118 Base36 digits (digits and capitals, most significant first, zero padded) that spell
76 bytes: 12 bytes of ticket and its Ed25519 signature. The prefix is signed too. 121 characters
fit a QR code of version 5-M in alphanumeric mode, and pass keyboard scanners on any layout that
has the Latin capitals and digits in their usual places.

This module packs and reads; signing and verifying belong to those who hold keys.
"""

from dataclasses import dataclass
from typing import Final, Self

from kiosk_contracts.serials import SERIAL_BITS, format_serial, parse_serial

PREFIX: Final = "EP1"
TICKET_BYTES: Final = 12
SIGNATURE_BYTES: Final = 64
CODE_BYTES: Final = TICKET_BYTES + SIGNATURE_BYTES
BASE36_DIGITS: Final = 118
CODE_LENGTH: Final = len(PREFIX) + BASE36_DIGITS
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class TicketCodeError(ValueError):
    """A text is not a ticket code; `code` is a problem code, the message says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """What a ticket says: who signed it, for which event and type, which serial."""

    key_id: int
    """Number of the signing key, 1 to 65535."""
    event_no: int
    """Number of the event, 1 to 2**24 - 1."""
    type_no: int
    """Number of the ticket type within the event, 1 to 255."""
    serial: str
    """Ten canonical characters."""

    def pack(self) -> bytes:
        """Return the 12 bytes: key id (2), event number (3), type number (1), serial number (6)."""
        return (
            self.key_id.to_bytes(2, "big")
            + self.event_no.to_bytes(3, "big")
            + self.type_no.to_bytes(1, "big")
            + parse_serial(self.serial).to_bytes(6, "big")
        )

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """Read the 12 bytes; raises TicketCodeError where no ticket can have them."""
        number = int.from_bytes(packed[6:12], "big")
        key_id, event_no = int.from_bytes(packed[0:2], "big"), int.from_bytes(packed[2:5], "big")
        type_no = packed[5]
        # Keys, events and types are numbered from 1.
        if number >> SERIAL_BITS or not (key_id and event_no and type_no):
            raise TicketCodeError("ticket_code_unreadable", "the code spells no ticket; scan again")
        return cls(key_id, event_no, type_no, format_serial(number))

    def signed_bytes(self) -> bytes:
        """Return what the signature covers: the prefix, then the 12 bytes."""
        return PREFIX.encode("ascii") + self.pack()


@dataclass(frozen=True, slots=True)
class TicketCode:
    """A ticket's facts and the signature over them, not verified by this class."""

    facts: TicketFacts
    signature: bytes
    """64 bytes of Ed25519 (RFC 8032)."""

    def encode(self) -> str:
        """Return the 121 characters of the QR code."""
        number = int.from_bytes(self.facts.pack() + self.signature, "big")
        digits = []
        for _ in range(BASE36_DIGITS):
            number, digit = divmod(number, 36)
            digits.append(_ALPHABET[digit])
        return PREFIX + "".join(reversed(digits))

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read a scanned text; raises TicketCodeError with code and words for what is wrong.

        Codes: `ticket_foreign` (not ours), `ticket_truncated`, `ticket_code_unreadable`.
        """
        scanned = text.strip().upper()
        if not scanned.startswith(PREFIX):
            raise TicketCodeError("ticket_foreign", "this is not an EventPro ticket")
        body = scanned[len(PREFIX) :]
        if len(body) < BASE36_DIGITS:
            message = f"the scan broke off: {len(scanned)} of {CODE_LENGTH} characters; scan again"
            raise TicketCodeError("ticket_truncated", message)
        if len(body) > BASE36_DIGITS or any(char not in _ALPHABET for char in body):
            raise TicketCodeError("ticket_code_unreadable", "the code spells no ticket; scan again")
        number = int(body, 36)
        if number >> (8 * CODE_BYTES):
            raise TicketCodeError("ticket_code_unreadable", "the code spells no ticket; scan again")
        packed = number.to_bytes(CODE_BYTES, "big")
        return cls(TicketFacts.unpack(packed[:TICKET_BYTES]), packed[TICKET_BYTES:])
