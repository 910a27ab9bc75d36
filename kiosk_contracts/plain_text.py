"""Which texts are one line that any screen and printer takes as it stands.

It imports the standard library only: a screen needs it before pydantic is there.
"""

import unicodedata

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


def made_plain(value: str) -> str:
    """Return `value` with a blank for each character that is not plain."""
    if is_plain_text(value):
        return value
    return "".join(char if is_plain_text(char) else " " for char in value)


def plain(value: str) -> str:
    """Return `value`; raises ValueError if it is not plain, or has blanks only."""
    if not is_plain_text(value):
        msg = "the text has control characters; type it again without them"
        raise ValueError(msg)
    if value and not value.strip():
        msg = "the text has blanks only; type words, or nothing where that is allowed"
        raise ValueError(msg)
    return value
