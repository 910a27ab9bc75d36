"""Every screen that the UI can show, as the package itself has them."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from textual.screen import Screen

import kiosk_ui

_PROGRAMS = Path(kiosk_ui.__file__).parent


def every_screen() -> set[type[Screen[Any]]]:
    """Return each class of a screen that is ever made: what others are made of alone is none."""
    for module in walk_packages(kiosk_ui.__path__, "kiosk_ui."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    text = "\n".join(path.read_text() for path in _PROGRAMS.rglob("*.py"))
    return {one for one in _below(Screen) if not one.__subclasses__() or _is_made(one, text)}


def _below(base: type[Screen[Any]]) -> Iterator[type[Screen[Any]]]:
    for one in base.__subclasses__():
        if one.__module__.startswith("kiosk_ui."):
            yield one
        yield from _below(one)


def _is_made(one: type[Screen[Any]], text: str) -> bool:
    """Say whether a program calls the class, beside naming it as a base of others."""
    return re.search(rf"(?<!class )\b{one.__name__}\(", text) is not None
