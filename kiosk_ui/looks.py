"""How the screens look: four looks, one at a time, changed at any moment. No state, no I/O.

Signs and words carry every meaning; colours only help. What a look changes beyond colours is in
each widget's own CSS, under the class `look-…` that the app carries.
"""

from enum import StrEnum
from typing import Final

from textual.dom import DOMNode

from kiosk_texts import mark, tr, trc
from kiosk_ui.hints import key_name


class Look(StrEnum):
    """The looks to choose from."""

    STANDARD = "standard"
    HIGH_CONTRAST = "high-contrast"
    LARGE = "large"
    PLAIN = "plain"

    @property
    def css_class(self) -> str:
        """The class that the app carries."""
        return f"look-{self.value}"

    @property
    def next(self) -> "Look":
        """The look that follows; after the last, the first."""
        looks = list(Look)
        return looks[(looks.index(self) + 1) % len(looks)]


NAMES: Final = {
    Look.STANDARD: mark("standard"),
    Look.HIGH_CONTRAST: mark("high contrast"),
    Look.LARGE: mark("large"),
    Look.PLAIN: mark("plain, for screen readers and 16 colours"),
}
"""What the looks are called on the screen; translated where they are shown."""
REACTIVE: Final = "look"
"""The name of the app's reactive attribute, for widgets that watch it."""
_SIGNS: Final = {
    "✔": mark("Done:"),
    "✖": mark("Refused:"),
    "▲": mark("Attention:"),
    "…": mark("Waiting:"),
}
_BOXES: Final = {"[x]": mark("comes back"), "[ ]": mark("stays")}
"""What stands alone for a ticket that may be given back."""
_KEYS: Final = {
    "↑ ↓": mark("Arrows"),
    "← →": mark("Left Right"),
    "+": mark("Plus"),
    "-": mark("Minus"),
}


def look_of(node: DOMNode) -> Look:
    """Return the look of the app that `node` is part of."""
    look = getattr(node.app, REACTIVE, Look.STANDARD)
    return look if isinstance(look, Look) else Look.STANDARD


def in_words(text: str) -> str:
    """Return `text` as the plain look says it: words where a sign alone carries the meaning."""
    if text in _BOXES:
        return tr(_BOXES[text])
    for sign, word in _SIGNS.items():
        if sign in text:
            text = text.replace(f"{sign} ", f"{tr(word)} ")
    return text.replace(". · ", ". ").replace(" · ", ", ")


def key_in_words(key: str) -> str:
    """Return a key's name as the plain look says it."""
    if key == "←":
        return trc("a key", "Left")
    if key == "→":
        return trc("a key", "Right")
    return tr(_KEYS[key]) if key in _KEYS else key_name(key)
