"""Text that came from a kiosk, or from anybody else who may mean harm, as operators see it.

A kiosk that was taken over says what it likes. What it says ends on terminals, in pages, in tables
and in messages: so it is made harmless once, where it comes in, whatever shows it later.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator

from kiosk_contracts.plain_text import is_plain_text

LONGEST_SHOWN: Final = 500
MOST_SHOWN: Final = 100
"""Members of a list or an object."""
_DEEPEST: Final = 8
_CUT: Final = "…"

_ESCAPES: Final = re.compile(
    # Whole sequences, so that their letters and figures do not stay: OSC and its like up to their
    # end, then CSI, then escapes of two characters.
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_HARMLESS: Final = re.compile(r"(?:[!-%'-;=?-~]+(?: [!-%'-;=?-~]+)*)?")
"""What stays as it is: words of ASCII's seen characters, but for `&`, `<` and `>`."""
_MAYBE_HARM: Final = ("\\", "&", "<", ">", "  ", '" ', ' "')
"""In compact JSON, whose only spaces are those of its texts: what is escaped, since it is no seen
character of ASCII; markup; and spaces that go."""
_CONTAINERS: Final = frozenset({dict, list, tuple})
_TEXTS: Final = frozenset({str})
_PLAIN: Final = frozenset({int, float, bool, type(None)})
_REFERENCE: Final = re.compile(r"&(?=#?[0-9A-Za-z]{1,32};)")
_AMPERSAND: Final = "\N{FULLWIDTH AMPERSAND}"
_MARKUP: Final = str.maketrans(
    {
        "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
        ">": "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}",
    }
)
"""By signs that read much the same: `<` may well have been meant."""
_JOINERS: Final = frozenset("\u200c\u200d")
"""Of Persian words, Indian scripts and emoji. Every other character that is not seen goes."""


def shown(value: str, most: int = LONGEST_SHOWN) -> str:
    """Return `value` on one line of at most `most` characters, made harmless. Idempotent.

    Control sequences go, and every character that is not seen or that changes the direction; what
    begins an element or a character reference of a page is told by a sign like it.
    """
    if len(value) <= most and _HARMLESS.fullmatch(value):
        return value
    # Cut before, too, that a megabyte costs nothing; escapes may have hidden the beginning.
    text = _ESCAPES.sub("", value[: most * 8])
    text = "".join(char if _is_seen(char) else " " for char in text)
    text = " ".join(_REFERENCE.sub(_AMPERSAND, text.translate(_MARKUP)).split())
    return text if len(text) <= most else text[: most - 1].rstrip() + _CUT


def shown_json(value: Any) -> Any:
    """Return JSON with each text in it, and each name, as `shown` has it.

    With no more of them than anybody reads: MOST_SHOWN members, and as deep as our models are.
    What is harmless already may be returned as it is.
    """
    return value if _is_harmless(value) else _made_harmless(value, _DEEPEST)


def _is_harmless(value: Any) -> bool:
    """Say whether nothing of JSON is to be changed, by looking at its text as a whole.

    Of what was stored that is nearly always so, and text by text it takes ten times as long. What
    is not sure is said to be none.
    """
    if not _is_small((value,), _DEEPEST + 1):
        return False
    try:
        text = _COMPACT.encode(value)
    except (TypeError, ValueError, RecursionError):
        return False
    # Sign by sign, not by a regular expression: that takes ten times as long.
    return not any(sign in text for sign in _MAYBE_HARM)


def _is_small(value: Any, depth: int) -> bool:
    """Say whether nothing of it is too long, too many or too deep, and all its names are texts.

    By exact types, and a call for each container alone: it is asked of every report.
    """
    if depth == 0 or len(value) > MOST_SHOWN:
        return False
    if type(value) is dict:
        if not _are_short_texts(value):
            return False
        value = value.values()
    for each in value:
        kind = type(each)
        if kind is str:
            if len(each) > LONGEST_SHOWN:
                return False
        elif kind in _CONTAINERS:
            if not _is_small(each, depth - 1):
                return False
        elif kind not in _PLAIN and isinstance(each, str | Mapping | list | tuple):
            return False
    return True


def _are_short_texts(names: dict[Any, Any]) -> bool:
    return _TEXTS.issuperset(map(type, names)) and max(map(len, names), default=0) <= LONGEST_SHOWN


def _made_harmless(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return shown(value)
    if depth == 0 and isinstance(value, Mapping | list | tuple):
        return None
    if isinstance(value, Mapping):
        members = [*value.items()][:MOST_SHOWN]
        return {shown(str(name)): _made_harmless(each, depth - 1) for name, each in members}
    if isinstance(value, list | tuple):
        return [_made_harmless(each, depth - 1) for each in value[:MOST_SHOWN]]
    return value


def _no_text(value: object) -> None:
    """Stand in for what JSON has not, e.g. a time: it is no text, and has none within."""
    if isinstance(value, Mapping):
        raise TypeError


_COMPACT: Final = json.JSONEncoder(separators=(",", ":"), default=_no_text)


def _is_seen(char: str) -> bool:
    if char.isascii():
        return char.isprintable()
    return is_plain_text(char) and (unicodedata.category(char) != "Cf" or char in _JOINERS)


ShownText = Annotated[
    str, BeforeValidator(lambda value: shown(value) if isinstance(value, str) else value)
]
"""A text that is made harmless where it is read, and never refused for what is in it."""
