"""A key and what it does, as screens, answers and help tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kiosk_texts import mark, tr

_NAMED: Final[Mapping[str, str]] = {
    "scan": mark("scan"),
    "Space": mark("Space"),
    "Backspace": mark("Backspace"),
    "Delete": mark("Delete"),
    "PgUp PgDn": mark("PgUp PgDn"),
}
"""Keys that keyboards elsewhere call otherwise; the others are called so everywhere."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does; `press` is the key that a click stands for, if one alone does.

    Texts are marked for translation where they are written, and translated where they are shown.
    """

    key: str
    does: str
    press: str | None = None
    more: str = ""
    """What the help says instead, in a sentence; empty where `does` says it all."""
    shown: bool = True
    """Whether it stands in the line of hints; the help names it in any case."""


def key_name(key: str) -> str:
    """Return what a key, or several, is called on keyboards of the language spoken here."""
    named = _NAMED.get(key)
    return key if named is None else tr(named)
