"""How digits typed on a row become its quantity. No clock, no I/O."""

from typing import Final, Protocol

TOGETHER_S: Final = 1.5
"""Digits closer than this belong to one number of tickets; a later one begins a new number."""
_LONGEST: Final = 6
"""Digits that are taken of a key that is stuck: far more than any quantity has."""


class Entry(Protocol):
    """The number being typed, for one row."""

    def digit(self, key: object, digit: str, *, at: float, now: int) -> int:
        """Take a digit typed on row `key` at `at` (monotonic seconds); return the quantity meant.

        `now` is the row's quantity before.
        """
        ...

    def backspace(self, key: object, *, now: int) -> int:
        """Return the quantity that is left of `now`."""
        ...

    def forget(self) -> None:
        """Begin a new number with the next digit."""
        ...


class QuickEntry:
    """Tickets: digits typed quickly are one number; a later one is another quantity instead."""

    def __init__(self) -> None:
        self._key: object = None
        self._typed = ""
        self._at = 0.0

    def digit(self, key: object, digit: str, *, at: float, now: int) -> int:
        """Take a digit; a later one begins a new number."""
        del now
        if key != self._key or at - self._at > TOGETHER_S:
            self._typed = ""
        self._key, self._at = key, at
        self._typed = (self._typed + digit)[:_LONGEST]
        return int(self._typed)

    def backspace(self, key: object, *, now: int) -> int:
        """Return that nothing is left."""
        del key, now
        self.forget()
        return 0

    def forget(self) -> None:
        """Begin a new number with the next digit."""
        self._key, self._typed = None, ""


class NumberEntry:
    """Notes and coins: digits go behind each other, however slowly, until another row is chosen."""

    def __init__(self) -> None:
        self._key: object = None

    def digit(self, key: object, digit: str, *, at: float, now: int) -> int:
        """Take a digit; the first one on a row begins its number."""
        del at
        before = now if key == self._key else 0
        self._key = key
        return before * 10 + int(digit)

    def backspace(self, key: object, *, now: int) -> int:
        """Return the number without its last digit."""
        self._key = key
        return now // 10

    def forget(self) -> None:
        """Begin a new number with the next digit."""
        self._key = None
