"""Tells a ticket scanner from a person, by prefix and timing. No clock, no I/O.

Scanners are keyboards: the code arrives as keys, then Enter. Keys are held back only while they
may be the beginning of a scan; what turns out to be a person's typing is given back in order.
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeAlias, TypeVar

from kiosk_contracts.ticket_code import PREFIX

MAX_GAP_S: Final = 0.4
"""Between two keys of what may become a scan. Longer is a person. A person's next key is no part of
the prefix as a rule and gives back at once what was held, so that nobody waits for this."""
MAX_MEAN_GAP_S: Final = 0.04
"""Of a whole scan, on average: 25 keys a second, twice a fast typist."""
BEYOND_DOUBT: Final = 12
"""So many quick keys after the prefix are no person; gaps may be longer from here."""
BROKEN_GAP_S: Final = 1.0
"""Silence after which a scan beyond doubt has ended without Enter."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class KeyPress(Generic[K]):
    """A key as the terminal sent it: its character if it has one, and when (monotonic seconds)."""

    event: K
    character: str | None
    at: float
    is_enter: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """A scanned text, in capitals."""

    text: str


@dataclass(frozen=True, slots=True)
class Replay(Generic[K]):
    """Keys of a person, in the order they were pressed."""

    events: tuple[K, ...]


Outcome: TypeAlias = Scan | Replay[K]


class Scanner(Generic[K]):
    """Takes every key press, gives scans and keys back."""

    def __init__(self) -> None:
        self._held: list[KeyPress[K]] = []
        self._unended_at: float | None = None

    @property
    def holding(self) -> bool:
        """Whether keys are held back now."""
        return bool(self._held)

    @property
    def patience_s(self) -> float:
        """How long after the last held key `expire` is due."""
        return BROKEN_GAP_S if self._beyond_doubt() else MAX_GAP_S

    def press(self, key: KeyPress[K]) -> list[Outcome[K]]:
        """Take the next key press; times never run backwards."""
        outcomes: list[Outcome[K]] = []
        if self._held and key.at - self._held[-1].at > self.patience_s:
            outcomes += self._release()
        if self._ends_unended(key):
            return outcomes
        if self._held and key.is_enter and self._is_scan(key.at):
            outcomes.append(Scan(self._text()))
            self._held.clear()
        elif self._may_continue(key):
            self._held.append(key)
        else:
            outcomes += self._release()
            outcomes += self._begin(key)
        return outcomes

    def due_in(self, now: float) -> float:
        """Return in how many seconds, more than zero, `expire` is due for what is held."""
        return max(0.001, self._held[-1].at + self.patience_s - now) if self._held else 0.001

    def expire(self, now: float) -> list[Outcome[K]]:
        """Give back what has been held for too long at `now`."""
        if not self._held or now - self._held[-1].at < self.patience_s:
            return []
        return self._release()

    def paste(self, text: str, at: float) -> Scan | None:
        """Take a pasted text: a scan if it looks like one. Held keys stay with their owner."""
        line = text.strip()
        if not line.upper().startswith(PREFIX) or not line.isprintable():
            return None
        self._unended_at = at
        return Scan(line.upper())

    def _begin(self, key: KeyPress[K]) -> list[Outcome[K]]:
        if _character(key) == PREFIX[0]:
            self._held.append(key)
            return []
        return [Replay((key.event,))]

    def _may_continue(self, key: KeyPress[K]) -> bool:
        character = _character(key)
        if not self._held or character is None:
            return False
        position = len(self._held)
        return position >= len(PREFIX) or character == PREFIX[position]

    def _is_scan(self, ended_at: float) -> bool:
        if len(self._held) < len(PREFIX):
            return False
        return ended_at - self._held[0].at <= MAX_MEAN_GAP_S * len(self._held)

    def _beyond_doubt(self) -> bool:
        return len(self._held) >= len(PREFIX) + BEYOND_DOUBT and self._is_scan(self._held[-1].at)

    def _release(self) -> list[Outcome[K]]:
        if not self._held:
            return []
        if self._beyond_doubt():
            self._unended_at = self._held[-1].at
            outcome: Outcome[K] = Scan(self._text())
        else:
            outcome = Replay(tuple(key.event for key in self._held))
        self._held.clear()
        return [outcome]

    def _ends_unended(self, key: KeyPress[K]) -> bool:
        """Say whether this is the late Enter of a scan that was taken without it."""
        unended_at, self._unended_at = self._unended_at, None
        if not key.is_enter or self._held or unended_at is None:
            return False
        return key.at - unended_at <= 2 * BROKEN_GAP_S

    def _text(self) -> str:
        return "".join(_character(key) or "" for key in self._held)


def _character(key: KeyPress[K]) -> str | None:
    if key.is_enter or key.character is None or not key.character.isprintable():
        return None
    return key.character.upper()
