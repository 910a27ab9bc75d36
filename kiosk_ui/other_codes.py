"""Tells codes that are no tickets (a bottle's, a membership card's) from typing. No clock, no I/O.

Such a code has no prefix, so its first key is given back at once: a person who types a digit waits
for nothing. Keys that follow quicker than a person's are held back until it is known what they are:
a code is dropped whole, the Enter behind it too, and what of it was given back is named, so that it
can be taken back. Fewer quick keys are typing, and come back in order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Generic, TypeVar

from kiosk_contracts.scanning import CODE_CHARACTERS
from kiosk_ui.key_press import KeyPress, Replay
from kiosk_ui.typing_pace import MAX_GAP_S, MAX_MEAN_GAP_S

FOLLOWS_WITHIN_S: Final = 0.05
"""A key so soon behind another may be a scanner's; ten digits a second are twice as far apart."""
RUN_GAP_S: Final = 2 * MAX_MEAN_GAP_S
"""Between two keys of a code, once one is held back; what is held longer is given back."""
LATE_ENTER_S: Final = 1.0
"""So late the Enter of a code may come that had ended without it."""
LEAST_DIGITS: Final = 8
"""Quick digits in a row that are another code, such as EAN-8; what people type is slower."""
LEAST_OTHER: Final = 13
"""Quick characters in a row that are another code, whatever they are."""
LEAST_PART: Final = 4
"""Quick digits that may be the first part of a code that stalled."""
_CHARACTERS: Final = frozenset(f"{CODE_CHARACTERS}-.$/+%")
"""What barcodes are made of, as Code 39 has it; a space is typing."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class OtherCode(Generic[K]):
    """A code that is no ticket was dropped; `typed` are its keys that had been given back."""

    typed: tuple[K, ...] = ()


class OtherCodes(Generic[K]):
    """Takes each key that is no part of a ticket's code, gives codes and keys back."""

    def __init__(self) -> None:
        self._part: Sequence[KeyPress[K]] = ()
        """The quick digits just before the run, all given back: a code may have stalled there."""
        self._run: list[KeyPress[K]] = []
        """The last keys, as long as each came quickly behind the one before."""
        self._given_back = 0
        """How many of the run, its first ones."""
        self._ended_at: float | None = None
        """When the last code ended, if no key has come since."""

    @property
    def holding(self) -> bool:
        """Whether keys are held back now."""
        return len(self._run) > self._given_back

    @property
    def expires_at(self) -> float:
        """When `expire` is due for what is held."""
        return self._run[-1].at + RUN_GAP_S

    def press(self, key: KeyPress[K]) -> list[OtherCode[K] | Replay[K]]:
        """Take the next key press; times never run backwards."""
        if key.is_enter:
            return self._enter(key)
        if key.character is None or key.character not in _CHARACTERS:
            outcomes = self.end()
            self._part, self._ended_at = (), None
            return [*outcomes, Replay((key.event,))]
        if self._follows(key):
            self._run.append(key)
            return []
        outcomes = self.end()
        if self._part and key.at - self._part[-1].at > MAX_GAP_S:
            self._part = ()
        self._run, self._given_back, self._ended_at = [key], 1, None
        return [*outcomes, Replay((key.event,))]

    def expire(self, now: float) -> list[OtherCode[K] | Replay[K]]:
        """Say what has been held for too long at `now`."""
        return self.end() if self.holding and now >= self.expires_at else []

    def end(self) -> list[OtherCode[K] | Replay[K]]:
        """Say what the last keys were; the next one begins anew."""
        part, run, given_back = self._part, self._run, self._given_back
        self._part, self._run, self._given_back = (), [], 0
        if _is_code(part, run):
            self._ended_at = run[-1].at
            return [OtherCode(tuple(key.event for key in (*part, *run[:given_back])))]
        if _is_quick(run) and _digits_in_a_row(run) >= LEAST_PART:
            self._part = run
        held = tuple(key.event for key in run[given_back:])
        return [Replay(held)] if held else []

    def _enter(self, key: KeyPress[K]) -> list[OtherCode[K] | Replay[K]]:
        outcomes = self.end()
        ended_at, self._ended_at, self._part = self._ended_at, None, ()
        if ended_at is not None and key.at - ended_at <= LATE_ENTER_S:
            return outcomes
        return [*outcomes, Replay((key.event,))]

    def _follows(self, key: KeyPress[K]) -> bool:
        if not self._run:
            return False
        return key.at - self._run[-1].at <= (RUN_GAP_S if self.holding else FOLLOWS_WITHIN_S)


def _is_code(part: Sequence[KeyPress[K]], run: Sequence[KeyPress[K]]) -> bool:
    """Say whether quick keys are another code; `part` are the quick digits just before them."""
    if len(run) < 2 or not _is_quick(run):  # noqa: PLR2004  a single key has no pace
        return False
    if len({key.character for key in run}) == 1:
        # A key that is held down repeats itself.
        return False
    return len(run) >= LEAST_OTHER or _digits_in_a_row((*part, *run)) >= LEAST_DIGITS


def _is_quick(run: Sequence[KeyPress[K]]) -> bool:
    return bool(run) and run[-1].at - run[0].at <= MAX_MEAN_GAP_S * len(run)


def _digits_in_a_row(keys: Iterable[KeyPress[K]]) -> int:
    """Return how many digits stand together, at most."""
    groups = groupby((key.character or "").isdecimal() for key in keys)
    return max((len(list(group)) for is_digit, group in groups if is_digit), default=0)
