"""Texts of elsewhere, made fit for one line of a screen. No state, no I/O."""

from kiosk_contracts.plain_text import is_plain_text


def clean(text: str) -> str:
    """Return `text` on one line, with control characters and direction overrides made visible."""
    if is_plain_text(text):
        return text
    return "".join(char if is_plain_text(char) else _visible(char) for char in text)


def _visible(char: str) -> str:
    return " " if char in "\n\r\t" else "\N{REPLACEMENT CHARACTER}"
