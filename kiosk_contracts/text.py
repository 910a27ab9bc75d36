"""Texts that people typed, as they may cross a process."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

# Unassigned characters pass: which ones are assigned depends on the reader's Unicode version, and
# a name that one side may record must not be unreadable to the next.
_CONTROL_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_plain_text(value: str) -> bool:
    """Say whether `value` is one line without control characters or bidirectional overrides."""
    if value.isascii():
        return value.isprintable()
    return not any(
        unicodedata.category(char) in _CONTROL_CATEGORIES or char in _BIDI_CONTROLS
        for char in value
    )


def _plain(value: str) -> str:
    if not is_plain_text(value):
        msg = "the text has control characters; type it again without them"
        raise ValueError(msg)
    if value and not value.strip():
        msg = "the text has blanks only; type words, or nothing where that is allowed"
        raise ValueError(msg)
    return value


PlainName = Annotated[str, StringConstraints(min_length=1, max_length=120), AfterValidator(_plain)]
"""A name on one line: 1 to 120 characters, no control characters."""

PlainText = Annotated[str, StringConstraints(max_length=500), AfterValidator(_plain)]
"""A reason or note on one line: up to 500 characters, no control characters."""
