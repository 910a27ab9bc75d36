"""Texts by gettext: each is written in English where it is used, and is its own key.

A text is a whole sentence or a whole label with named places in braces; nothing is glued together
from parts, for another language has another order. `tools/texts.py` finds what stands in these
calls and holds each language to it.
"""

from kiosk_texts.language import spoken


def tr(text: str, /, **values: object) -> str:
    """Return a text in the language spoken here, with values in its places."""
    # The empty text is the key of a catalogue's own header.
    return _filled(spoken().translations.gettext(text), values) if text else ""


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the text for so many: `one` and `many` are the English two; `{count}` is a place."""
    translated = spoken().translations.ngettext(one, many, count)
    return _filled(translated, {"count": count, **values})


def trc(context: str, text: str, /, **values: object) -> str:
    """Return a short text whose English means several things; the context says which."""
    return _filled(spoken().translations.pgettext(context, text), values)


def mark(text: str) -> str:
    """Return a text as it is, for `tr` to translate it where it is shown.

    For what is written down once and shown later, like the labels of a class.
    """
    return text


def _filled(text: str, values: dict[str, object]) -> str:
    return text.format_map(values) if values else text
