"""A key and what it does, as screens and answers tell it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does; `press` is the key that a click stands for, if one alone does."""

    key: str
    does: str
    press: str | None = None
