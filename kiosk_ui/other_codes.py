"""Tells codes that are no tickets (a bottle's, a web address) from typing. No clock, no I/O.

Such a code has no prefix, so its first key is given back at once: a person who types a digit waits
for nothing. Keys that follow quicker than a person's are held back until it is known what they are:
a code is dropped whole, the Enter or Tab behind it too, and what of it was given back is named, so
that it can be taken back. Fewer quick keys are typing, and come back in order.

An Enter that is as quick may be the scanner's own, in the middle of a code: it is held back, too,
until it is known what follows. What comes as quickly behind a code is a part of it, a space, too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Generic, TypeVar

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
"""Quick characters without a space that are another code, whatever they are."""
LEAST_SPACED: Final = 20
"""Keys at a scanner's pace that are another code, spaces among them or not."""
SURE_MEAN_GAP_S: Final = 0.025
"""At this pace, on average, no person types so many."""
_INSIDE: Final = frozenset(" \x04\x1c\x1d\x1e\x1f")
"""What codes have in their middle: spaces, and the separators of GS1 and ISO 15434."""
LEAST_PART: Final = 4
"""Quick digits that may be the first part of a code that stalled."""
ADDRESS_MARK: Final = "://"
"""Quick characters with this among them are a web address, however few."""

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
        """When the last code ended without an Enter, if no key has come since."""
        self._went_on_until: float | None = None
        """When the last key of the last code came, its Enter or Tab or what came at once behind."""

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
        if self._goes_on(key):
            self._went_on_until = key.at
            return []
        if key.ends_codes:
            return self._end_key(key)
        if self._follows(key) and _may_be_in_codes(key):
            self._run.append(key)
            return []
        if not _begins_codes(key):
            outcomes = self.end()
            self._part, self._ended_at, self._went_on_until = (), None, None
            return [*outcomes, Replay((key.event,))]
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
        if _is_quick(run) and _digits_in_a_row(run) >= LEAST_PART and not _has_enter(run):
            self._part = run
        held = tuple(key.event for key in run[given_back:])
        return [Replay(held)] if held else []

    def _goes_on(self, key: KeyPress[K]) -> bool:
        """Say whether a key came too quickly behind a code to be no part of it."""
        until = self._went_on_until
        if until is None or not (key.ends_codes or _may_be_in_codes(key)):
            return False
        return key.at - until <= FOLLOWS_WITHIN_S

    def _end_key(self, key: KeyPress[K]) -> list[OtherCode[K] | Replay[K]]:
        if self._may_be_inside(key):
            self._run.append(key)
            return []
        outcomes = self.end()
        ended_at, self._ended_at, self._part = self._ended_at, None, ()
        if ended_at is None or key.at - ended_at > _late_s(key):
            return [*outcomes, Replay((key.event,))]
        self._went_on_until = key.at
        return outcomes

    def _may_be_inside(self, key: KeyPress[K]) -> bool:
        """Say whether a key may be the scanner's own Enter, in the middle of a code."""
        if not key.is_enter or not self._follows(key) or self._run[-1].is_enter:
            return False
        return not _is_code(self._part, self._run)

    def _follows(self, key: KeyPress[K]) -> bool:
        if not self._run:
            return False
        return key.at - self._run[-1].at <= (RUN_GAP_S if self.holding else FOLLOWS_WITHIN_S)


def _late_s(key: KeyPress[K]) -> float:
    """Return how late what ends a code may come: a person's Tab goes to the next field."""
    return LATE_ENTER_S if key.is_enter else RUN_GAP_S


def _begins_codes(key: KeyPress[K]) -> bool:
    """Say whether a code may begin with such a key; a space is typing."""
    character = key.character
    return character is not None and character.isprintable() and not character.isspace()


def _may_be_in_codes(key: KeyPress[K]) -> bool:
    """Say whether a code may have such a key in its middle, or behind it."""
    return _begins_codes(key) or key.character in _INSIDE


def _is_code(part: Sequence[KeyPress[K]], run: Sequence[KeyPress[K]]) -> bool:
    """Say whether quick keys are another code; `part` are the quick digits just before them."""
    if len(run) < 2 or not _is_quick(run):  # noqa: PLR2004  a single key has no pace
        return False
    pieces = _pieces(run)
    if len({key.character for piece in pieces for key in piece}) == 1:
        # A key that is held down repeats itself.
        return False
    if _digits_in_a_row((*part, *(key for piece in pieces for key in piece))) >= LEAST_DIGITS:
        return True
    # Two words with an Enter between them may be typed ahead; in pieces only digits are a code.
    return any(_is_long(piece) or ADDRESS_MARK in _text(piece) for piece in pieces)


def _is_long(piece: Sequence[KeyPress[K]]) -> bool:
    """Say whether quick keys are too many for a person; words with spaces take a sure pace."""
    longest = max(len(word) for word in _text(piece).split(" "))
    sure = _lasted(piece) <= SURE_MEAN_GAP_S * len(piece)
    return longest >= LEAST_OTHER or (len(piece) >= LEAST_SPACED and sure)


def _pieces(run: Iterable[KeyPress[K]]) -> list[list[KeyPress[K]]]:
    """Return what stands between the Enters."""
    groups = groupby(run, key=lambda key: key.is_enter)
    return [list(group) for is_enter, group in groups if not is_enter]


def _has_enter(run: Iterable[KeyPress[K]]) -> bool:
    return any(key.is_enter for key in run)


def _text(keys: Iterable[KeyPress[K]]) -> str:
    return "".join(key.character or "" for key in keys)


def _is_quick(run: Sequence[KeyPress[K]]) -> bool:
    return bool(run) and _lasted(run) <= MAX_MEAN_GAP_S * len(run)


def _lasted(run: Sequence[KeyPress[K]]) -> float:
    return run[-1].at - run[0].at


def _digits_in_a_row(keys: Iterable[KeyPress[K]]) -> int:
    """Return how many digits stand together, at most."""
    groups = groupby((key.character or "").isdecimal() for key in keys)
    return max((len(list(group)) for is_digit, group in groups if is_digit), default=0)
