"""Keys as the scanner's state machine takes them and gives them back."""

from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class KeyPress(Generic[K]):
    """A key as the terminal sent it: its character if it has one, and when (monotonic seconds)."""

    event: K
    character: str | None
    at: float
    is_enter: bool = False


@dataclass(frozen=True, slots=True)
class Replay(Generic[K]):
    """Keys of a person, in the order they were pressed."""

    events: tuple[K, ...]
