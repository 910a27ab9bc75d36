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

    @property
    def ends_codes(self) -> bool:
        """Whether scanners send it behind a code: Enter, or Tab where they are set so."""
        return self.is_enter or self.character == "\t"


@dataclass(frozen=True, slots=True)
class Replay(Generic[K]):
    """Keys of a person, in the order they were pressed."""

    events: tuple[K, ...]
