"""How the screens look: four looks, one at a time, changed at any moment. No state, no I/O.

Signs and words carry every meaning; colours only help. What a look changes beyond colours is in
each widget's own CSS, under the class `look-…` that the app carries.
"""

from enum import StrEnum
from typing import Final

from textual.dom import DOMNode


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
    Look.STANDARD: "standard",
    Look.HIGH_CONTRAST: "high contrast",
    Look.LARGE: "large",
    Look.PLAIN: "plain, for screen readers and 16 colours",
}
"""What the looks are called on the screen."""
REACTIVE: Final = "look"
"""The name of the app's reactive attribute, for widgets that watch it."""
_SIGNS: Final = {"✔ ": "Done: ", "✖ ": "Refused: ", "▲ ": "Attention: ", "… ": "Waiting: "}
_BOXES: Final = {"[x]": "comes back", "[ ]": "stays"}
"""What stands alone for a ticket that may be given back."""
_KEYS: Final = {
    "↑ ↓": "Arrows",
    "← →": "Left Right",
    "←": "Left",
    "→": "Right",
    "+": "Plus",
    "-": "Minus",
}


def look_of(node: DOMNode) -> Look:
    """Return the look of the app that `node` is part of."""
    look = getattr(node.app, REACTIVE, Look.STANDARD)
    return look if isinstance(look, Look) else Look.STANDARD


def in_words(text: str) -> str:
    """Return `text` as the plain look says it: words where a sign alone carries the meaning."""
    if text in _BOXES:
        return _BOXES[text]
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return text.replace(". · ", ". ").replace(" · ", ", ")


def key_in_words(key: str) -> str:
    """Return a key's name as the plain look says it."""
    return _KEYS.get(key, key)
