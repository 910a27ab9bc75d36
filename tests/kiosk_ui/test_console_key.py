"""Ctrl+T is the console's own: nothing of the UI waits for it."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from textual.binding import Binding
from textual.dom import DOMNode

import kiosk_ui
from kiosk_ui.looking_app import LookingApp

TAKEN = "ctrl+t"


def _all(kind: type[DOMNode]) -> Iterator[type[DOMNode]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _all(one)


def _keys(kind: type[DOMNode]) -> Iterator[str]:
    for one in kind.BINDINGS:
        yield from (one.key if isinstance(one, Binding) else one[0]).split(",")


def test_no_screen_binds_the_key_that_calls_the_technicians_screen() -> None:
    for module in pkgutil.walk_packages(kiosk_ui.__path__, "kiosk_ui."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    ours = [kind for kind in _all(DOMNode) if kind.__module__.startswith("kiosk_ui")]
    assert "ctrl+l" in set(_keys(LookingApp)), "the keys are read"
    assert len(ours) > 20
    assert [kind.__name__ for kind in ours if TAKEN in set(_keys(kind))] == []
