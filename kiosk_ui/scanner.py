"""Tells a ticket scanner from a person, by prefix and timing. No clock, no I/O.

Scanners are keyboards: the code arrives as keys, then Enter. Keys are held back only while they
may be the beginning of a scan; what turns out to be a person's typing is given back in order.

A scan that broke off may go on behind the Enter in its middle: quick keys soon after it are its
rest. Another code, without the prefix, is known for one when it is over: its characters have been
typed by then, but the Enter that would act on them is withheld.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeAlias, TypeVar

from kiosk_contracts.scanning import CODE_CHARACTERS
from kiosk_contracts.ticket_code import CODE_LENGTH, PREFIX
from kiosk_ui.keyboard_layout import KeyboardLayout

MAX_GAP_S: Final = 0.4
"""Between two keys of what may become a scan. Longer is a person. A person's next key is no part of
the prefix as a rule and gives back at once what was held, so that nobody waits for this."""
MAX_MEAN_GAP_S: Final = 0.04
"""Of a whole scan, on average: 25 keys a second, twice a fast typist."""
BEYOND_DOUBT: Final = 12
"""So many quick keys after the prefix are no person; gaps may be longer from here."""
BROKEN_GAP_S: Final = 1.0
"""Silence after which a scan beyond doubt has ended without Enter."""
REST_WITHIN_S: Final = 2.0
"""So soon after a scan that broke off, quick keys are its rest."""
REST_GAP_S: Final = 0.1
"""Between two keys of a rest; a person who types there gets the key back after so long."""
LEAST_REST: Final = 3
"""Quick keys of a rest, at least: fewer may be a person's."""
LEAST_OTHER: Final = 13
"""Quick capitals and digits in a row that are another code: what is typed by hand is shorter."""
LEAST_LEARNT: Final = 20
"""Quick keys that are a scan on the screen where the scanner is learnt, whatever they are."""

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
    """A scanned text, in capitals, as the keyboard's layout has it."""

    text: str
    raw: str = field(default="", compare=False)
    """As it arrived from the keyboard; empty if it came otherwise."""
    at: float = field(default=0.0, compare=False)
    """When it ended, in seconds of the key presses."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What came behind a scan that had broken off; no person typed it."""

    raw: str


@dataclass(frozen=True, slots=True)
class OtherCode:
    """The end of a code that is no ticket: its characters were typed, its Enter was not."""


@dataclass(frozen=True, slots=True)
class Replay(Generic[K]):
    """Keys of a person, in the order they were pressed."""

    events: tuple[K, ...]


Outcome: TypeAlias = Scan | Rest | OtherCode | Replay[K]


class Scanner(Generic[K]):
    """Takes every key press, gives scans and keys back."""

    def __init__(self) -> None:
        self._held: list[KeyPress[K]] = []
        self._unended_at: float | None = None
        self._broken: Scan | None = None
        """The last scan, if it broke off just now."""
        self._run: deque[KeyPress[K]] = deque(maxlen=4 * LEAST_OTHER)
        """The last keys given back, as long as they came quickly and may be of another code."""
        self.layout: KeyboardLayout | None = None
        """What is known of the keyboard; None: characters are what they seem."""
        self.learning = False
        """Whether any quick text is a scan, as where the layout is learnt."""

    @property
    def holding(self) -> bool:
        """Whether keys are held back now."""
        return bool(self._held)

    @property
    def patience_s(self) -> float:
        """How long after the last held key `expire` is due."""
        if self._beyond_doubt():
            return BROKEN_GAP_S
        return REST_GAP_S if self._may_be_rest() else MAX_GAP_S

    def press(self, key: KeyPress[K]) -> list[Outcome[K]]:
        """Take the next key press; times never run backwards."""
        outcomes: list[Outcome[K]] = []
        if self._held and key.at - self._held[-1].at > self.patience_s:
            outcomes += self._release()
        if self._ends_unended(key):
            return outcomes
        if self._held and key.is_enter and self._is_scan(key.at):
            outcomes.append(self._take(key.at))
        elif self._held and key.is_enter and self._is_rest():
            outcomes += self._take_rest(key.at)
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
        """Take a pasted text: a scan if it looks like one. Held keys stay with their owner.

        No keyboard layout has touched it.
        """
        line = text.strip()
        if not line.upper().startswith(PREFIX) or not line.isprintable():
            return None
        self._unended_at = at
        return Scan(line.upper(), at=at)

    def _begin(self, key: KeyPress[K]) -> list[Outcome[K]]:
        if self._starts(key) or self._begins_rest(key):
            self._held.append(key)
            return []
        if key.is_enter and self._ends_other(key.at):
            self._run.clear()
            return [OtherCode()]
        self._note([key])
        return [Replay((key.event,))]

    def _starts(self, key: KeyPress[K]) -> bool:
        return _character(key) is not None if self.learning else self._fits(key, 0)

    def _fits(self, key: KeyPress[K], position: int) -> bool:
        """Say whether a key may be the prefix's character there."""
        character = _character(key)
        if character is None:
            return False
        meant = None if self.layout is None else self.layout.character(character)
        return PREFIX[position] in {character.upper(), meant}

    def _may_continue(self, key: KeyPress[K]) -> bool:
        if not self._held or _character(key) is None:
            return False
        position = len(self._held)
        if self.learning or self._may_be_rest() or position >= len(PREFIX):
            return True
        return self._fits(key, position)

    def _has_prefix(self) -> bool:
        return len(self._held) >= len(PREFIX) and all(
            self._fits(key, position) for position, key in enumerate(self._held[: len(PREFIX)])
        )

    def _is_scan(self, ended_at: float) -> bool:
        enough = len(self._held) >= LEAST_LEARNT if self.learning else self._has_prefix()
        return enough and ended_at - self._held[0].at <= MAX_MEAN_GAP_S * len(self._held)

    def _beyond_doubt(self) -> bool:
        return len(self._held) >= len(PREFIX) + BEYOND_DOUBT and self._is_scan(self._held[-1].at)

    def _begins_rest(self, key: KeyPress[K]) -> bool:
        broken = self._broken
        if broken is None or _character(key) is None:
            return False
        return key.at - broken.at <= REST_WITHIN_S

    def _may_be_rest(self) -> bool:
        """Say whether what is held came soon behind a scan that had broken off."""
        return bool(self._held) and self._begins_rest(self._held[0]) and not self._has_prefix()

    def _is_rest(self) -> bool:
        lasted = self._held[-1].at - self._held[0].at
        quick = lasted <= MAX_MEAN_GAP_S * len(self._held)
        return self._may_be_rest() and len(self._held) >= LEAST_REST and quick

    def _take(self, at: float) -> Scan:
        raw = self._text()
        scan = Scan(self._read(raw), raw, at)
        self._held.clear()
        self._run.clear()
        self._broken = scan if len(scan.text) < CODE_LENGTH and not self.learning else None
        return scan

    def _take_rest(self, at: float) -> list[Outcome[K]]:
        """Return the rest and, where it makes a broken scan whole, that scan."""
        raw, broken = self._text(), self._broken
        self._held.clear()
        self._broken = None
        outcomes: list[Outcome[K]] = [Rest(raw)]
        whole = self._read((broken.raw if broken is not None else "") + raw)
        if len(whole) == CODE_LENGTH:
            outcomes.append(Scan(whole, raw, at))
        return outcomes

    def _release(self) -> list[Outcome[K]]:
        if not self._held:
            return []
        last = self._held[-1].at
        if self._beyond_doubt():
            self._unended_at = last
            return [self._take(last)]
        if self._is_rest():
            self._unended_at = last
            return self._take_rest(last)
        self._note(self._held)
        outcome: Outcome[K] = Replay(tuple(key.event for key in self._held))
        self._held.clear()
        return [outcome]

    def _ends_unended(self, key: KeyPress[K]) -> bool:
        """Say whether this is the late Enter of a scan that was taken without it."""
        unended_at, self._unended_at = self._unended_at, None
        if not key.is_enter or self._held or unended_at is None:
            return False
        return key.at - unended_at <= 2 * BROKEN_GAP_S

    def _note(self, keys: Sequence[KeyPress[K]]) -> None:
        """Remember keys that were given back, as long as another code may be among them."""
        for key in keys:
            late = bool(self._run) and key.at - self._run[-1].at > 2 * MAX_MEAN_GAP_S
            fits = bool(key.character) and (key.character or "") in CODE_CHARACTERS
            if late or not fits:
                self._run.clear()
            if fits:
                self._run.append(key)

    def _ends_other(self, at: float) -> bool:
        run = self._run
        return len(run) >= LEAST_OTHER and at - run[0].at <= MAX_MEAN_GAP_S * len(run)

    def _read(self, raw: str) -> str:
        """Return the text as the layout has it; where it can't be, as it arrived in capitals."""
        read = None if self.layout is None else self.layout.read(raw)
        return raw.upper() if read is None else read

    def _text(self) -> str:
        return "".join(_character(key) or "" for key in self._held)


def _character(key: KeyPress[K]) -> str | None:
    if key.is_enter or key.character is None or not key.character.isprintable():
        return None
    return key.character
