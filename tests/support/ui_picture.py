"""One picture of the app: its SVG, and which screen it shows."""

import re
from typing import Any

from textual.app import App
from textual.screen import Screen


class Picture(str):
    """An SVG as text."""

    __slots__ = ("shows",)
    shows: type[Screen[Any]]
    """The class of the screen that lay on top as it was taken."""


def picture_of(app: App[Any]) -> Picture:
    """Return the app as it looks now, without the address of a font at another host."""
    svg = re.sub(r"\s*@font-face \{.*?\}", "", app.export_screenshot(), flags=re.DOTALL)
    picture = Picture(svg)
    picture.shows = type(app.screen)
    return picture
