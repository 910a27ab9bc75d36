"""Marks by which one machine is told from another; what vendors leave unfilled is none. Pure."""

import re
from typing import Final

_UNFILLED: Final = frozenset(
    {
        "to be filled by o.e.m.",
        "default string",
        "not specified",
        "not applicable",
        "not available",
        "none",
        "n/a",
        "na",
        "unknown",
        "o.e.m.",
        "oem",
        "invalid",
        "empty",
        "serial",
        "serial number",
        "system serial number",
        "base board serial number",
        "123456789",
        "0123456789",
        # UUIDs that boards of many makers have alike.
        "03000200-0400-0500-0006-000700080009",
        "00020003-0004-0005-0006-000700080009",
        "12345678-1234-5678-90ab-cddeefaabbcc",
    }
)
_ONE_CHARACTER: Final = re.compile(r"(.)\1*")


def is_mark(value: str) -> bool:
    """Say whether a value of a machine's firmware can tell it from another of its kind."""
    plain = value.strip().lower()
    bare = re.sub(r"[^0-9a-z]", "", plain)
    # Nothing but zeros, or f's, or x's is what was never written.
    return bool(bare) and plain not in _UNFILLED and _ONE_CHARACTER.fullmatch(bare) is None
