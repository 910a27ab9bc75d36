"""A key and what it does, as screens, answers and help tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len

from kiosk_texts import mark, tr

_NAMED: Final[Mapping[str, str]] = {
    "scan": mark("scan"),
    "Space": mark("Space"),
    "Backspace": mark("Backspace"),
    "Delete": mark("Delete"),
    "PgUp PgDn": mark("PgUp PgDn"),
}
"""Keys that keyboards elsewhere call otherwise; the others are called so everywhere."""
PAD: Final = "pad"
"""What is pressed by a touch of a hint that names digits: no key has this name."""


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does; `press` is the key that a click stands for.

    Where `key` names two keys, so does `press`, with a space between: each can be touched. Digits
    have `PAD`: a touch shows a pad to type them on. None for what is no key, such as a scan.

    Texts are marked for translation where they are written, and translated where they are shown.
    """

    key: str
    does: str
    press: str | None = None
    more: str = ""
    """What the help says instead, in a sentence; empty where `does` says it all."""
    shown: bool = True
    """Whether it stands in the line of hints; the help names it in any case."""

    @property
    def presses(self) -> tuple[str, ...]:
        """The keys that can be touched, in the order in which they are named."""
        return tuple(self.press.split()) if self.press is not None else ()

    def press_at(self, column: int, named: str) -> str | None:
        """Return which key a touch stands for, so many columns behind where it is `named`.

        Of two keys it is the second beyond the middle between their names.
        """
        presses = self.presses
        if not presses:
            return None
        return presses[0 if column < cell_len(named) / 2 else -1]


def key_name(key: str) -> str:
    """Return what a key, or several, is called on keyboards of the language spoken here."""
    named = _NAMED.get(key)
    return key if named is None else tr(named)
