# ruff: noqa: RUF001  these characters are what keyboards send
"""Keyboards as hosts have them, and scanners that type on them: from real layouts."""

import json
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("keyboard_layouts.json")
_SPACING = {"\u0300": "`", "\u0301": "´", "\u0302": "^", "\u0303": "~", "\u0308": "¨"}
CapsLock = Callable[[str, str, bool], str]
"""(alone, with Shift, whether Shift is pressed) -> what a key sends while Caps Lock is on."""


@dataclass(frozen=True)
class Layout:
    """What each key sends alone and with Shift; all layouts number the keys alike."""

    title: str
    alone: str
    shifted: str

    def press(self, key: int, *, shift: bool) -> str:
        """Return what a key sends; a combining accent is a dead key."""
        return (self.shifted if shift else self.alone)[key]

    def key_for(self, char: str) -> tuple[int, bool] | None:
        """Return the key, and whether with Shift, that sends `char`; None if none does."""
        for shift, level in ((False, self.alone), (True, self.shifted)):
            if char in level:
                return level.index(char), shift
        return None


@cache
def layouts() -> dict[str, Layout]:
    """Return the real layouts by their titles."""
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    return {title: Layout(title, *levels) for title, levels in table.items()}


def xkb_caps_lock(alone: str, shifted: str, shift: bool) -> str:  # noqa: FBT001  a CapsLock
    """Do as XKB does: keys of one letter in two sizes change, others do not."""
    pair = alone != shifted and (alone.upper() == shifted or shifted.lower() == alone)
    turkish = (alone, shifted) in {("ı", "I"), ("i", "İ")}
    return (
        (shifted if shift != (pair or turkish) else alone)
        if pair or turkish
        else (shifted if shift else alone)
    )


def console_caps_lock(alone: str, shifted: str, shift: bool) -> str:  # noqa: FBT001  a CapsLock
    """Do as other systems do: whatever is a letter changes its size."""
    char = shifted if shift else alone
    other = {"I": "ı", "ı": "I", "i": "İ", "İ": "i"}.get(char) if "ı" in alone + shifted else None
    swapped = other or char.swapcase()
    return swapped if len(swapped) == 1 else char


def scan_at(
    host: Layout, scanner: Layout, text: str, caps_lock: CapsLock | None = None
) -> str | None:
    """Return what arrives at `host` of a text that a scanner set to `scanner` types.

    None if the scanner can't type it.
    """
    strokes = [scanner.key_for(char) for char in text]
    if None in strokes:
        return None
    sent = []
    for key, shift in (stroke for stroke in strokes if stroke is not None):
        if caps_lock is None:
            sent.append(host.press(key, shift=shift))
        else:
            sent.append(caps_lock(host.alone[key], host.shifted[key], shift))
    return "".join(_joined(sent))


def _joined(sent: list[str]) -> Iterator[str]:
    """Yield what an application gets: a dead key joins the next letter or stands before it."""
    dead = ""
    for char in sent:
        if char in _SPACING and not dead:
            dead = char
            continue
        whole = unicodedata.normalize("NFC", char + dead) if dead else char
        yield from whole if len(whole) == 1 else (_SPACING[dead], char)
        dead = ""
    if dead:
        yield _SPACING[dead]
