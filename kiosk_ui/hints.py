"""A key and what it does, as screens, answers and help tell it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does; `press` is the key that a click stands for, if one alone does."""

    key: str
    does: str
    press: str | None = None
    more: str = ""
    """What the help says instead, in a sentence; empty where `does` says it all."""
    shown: bool = True
    """Whether it stands in the line of hints; the help names it in any case."""
