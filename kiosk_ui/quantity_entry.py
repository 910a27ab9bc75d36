"""How digits typed on a ticket type become its quantity. No clock, no I/O."""

from typing import Final

TOGETHER_S: Final = 1.5
"""Digits closer than this belong to one number; a later one begins a new number."""
_LONGEST: Final = 6
"""Digits that are taken of a key that is stuck: far more than any quantity has."""


class QuantityEntry:
    """Remembers the number being typed, for one ticket type."""

    def __init__(self) -> None:
        self._key: object = None
        self._typed = ""
        self._at = 0.0

    def digit(self, key: object, digit: str, at: float) -> int:
        """Take a digit typed on `key` at `at` (monotonic seconds); return the quantity meant."""
        if key != self._key or at - self._at > TOGETHER_S:
            self._typed = ""
        self._key, self._at = key, at
        self._typed = (self._typed + digit)[:_LONGEST]
        return int(self._typed)

    def forget(self) -> None:
        """Begin a new number with the next digit."""
        self._key, self._typed = None, ""
