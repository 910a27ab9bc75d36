"""The documented formats, read independently: canonical JSON, hashes, money, times, serials."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

SERIAL_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SERIAL_LENGTH: Final = 10


class FormatError(ValueError):
    """A value is not in the form that the documents promise."""


def canonical_hash(value: Any) -> str | None:
    """Return the SHA-256 of the canonical JSON of `value`; None if it has no canonical form."""
    if _holds_float(value):
        return None
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError:
        return None


def _holds_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_float(item) for item in value.values())
    if isinstance(value, list):
        return any(_holds_float(item) for item in value)
    return isinstance(value, float)


def envelope_hash(envelope: dict[str, Any]) -> str | None:
    """Return the hash that an envelope must carry: over all its other fields."""
    return canonical_hash({key: value for key, value in envelope.items() if key != "hash"})


def read_time(text: Any) -> datetime:
    """Read an RFC 3339 time with its offset; FormatError otherwise."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise FormatError(f"{text!r} is not a time") from error
    if time.tzinfo is None:
        raise FormatError(f"the time {text!r} has no offset from UTC")
    return time.astimezone(UTC)


def read_money(value: Any) -> tuple[Decimal, str]:
    """Read `"12.50 EUR"` or `{"amount": "12.50", "currency": "EUR"}`; FormatError otherwise."""
    match value:
        case {"amount": amount, "currency": str(currency)}:
            pass
        case str() if value.count(" ") == 1:
            amount, currency = value.split(" ")
        case _:
            raise FormatError(f"{value!r} is not an amount of money")
    try:
        number = Decimal(str(amount))
    except InvalidOperation as error:
        raise FormatError(f"{value!r} is not an amount of money") from error
    if not number.is_finite():
        raise FormatError(f"{value!r} is not an amount of money")
    return number, currency


def is_serial(text: str) -> bool:
    """Say whether `text` is a serial: nine Crockford characters and Damm's check over GF(32)."""
    if len(text) != SERIAL_LENGTH or any(char not in SERIAL_ALPHABET for char in text):
        return False
    check = 0
    for char in text:
        check = (check ^ SERIAL_ALPHABET.index(char)) << 1
        check ^= 0b100101 if check & 0b100000 else 0
    return check == 0
