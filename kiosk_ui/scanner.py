"""Tells a ticket scanner from a person, by prefix and timing. No clock, no I/O.

Scanners are keyboards: the code arrives as keys, then Enter or Tab. Keys are held back only while
they may be the beginning of a scan; what turns out to be a person's typing is given back in order.

A scan that broke off may go on behind the Enter in its middle: quick keys soon after it are its
rest. What is no part of a ticket's code may be another code: `other_codes` tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeAlias, TypeVar

from kiosk_contracts.ticket_code import CODE_LENGTH, PREFIX
from kiosk_ui.key_press import KeyPress, Replay
from kiosk_ui.keyboard_layout import KeyboardLayout
from kiosk_ui.other_codes import FOLLOWS_WITHIN_S, OtherCode, OtherCodes
from kiosk_ui.typing_pace import MAX_GAP_S, MAX_MEAN_GAP_S

BEYOND_DOUBT: Final = 12
"""So many quick keys after the prefix are no person; gaps may be longer from here."""
BROKEN_GAP_S: Final = 1.0
"""Silence after which a scan beyond doubt has ended without Enter."""
REST_WITHIN_S: Final = 2.0
"""So soon after a scan that broke off, quick keys are its rest."""
REST_GAP_S: Final = 0.1
"""Between two keys of a rest; a person who types there gets the key back after so long."""
LEAST_REST: Final = 3
"""Quick keys of a rest, at least; fewer may be a person's, unless they come at a scanner's pace."""
LEAST_LEARNT: Final = 20
"""Quick keys that are a scan on the screen where the scanner is learnt, whatever they are."""

K = TypeVar("K")


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


Outcome: TypeAlias = Scan | Rest | OtherCode[K] | Replay[K]


@dataclass(frozen=True, slots=True)
class _NoScan(Generic[K]):
    """Keys that are no part of a ticket's code."""

    keys: tuple[KeyPress[K], ...]


_Sorted: TypeAlias = Scan | Rest | _NoScan[K]


class Scanner(Generic[K]):
    """Takes every key press, gives scans and keys back."""

    def __init__(self) -> None:
        self._held: list[KeyPress[K]] = []
        self._unended_at: float | None = None
        """When the last scan ended without an Enter, if no key has come since."""
        self._ended_at: float | None = None
        """When the Enter or Tab of the last scan came, if no other key has come since."""
        self._broken: Scan | None = None
        """The last scan, if it broke off just now."""
        self._others: OtherCodes[K] = OtherCodes()
        self.layout: KeyboardLayout | None = None
        """What is known of the keyboard; None: characters are what they seem."""
        self.learning = False
        """Whether any quick text is a scan, as where the layout is learnt."""

    @property
    def holding(self) -> bool:
        """Whether keys are held back now."""
        return bool(self._held) or self._others.holding

    @property
    def holds_typing(self) -> bool:
        """Whether what is held will be typing or another code, and no scan."""
        return self._others.holding and not self._held

    @property
    def patience_s(self) -> float:
        """How long after the last held key of a scan `expire` is due."""
        if self._beyond_doubt():
            return BROKEN_GAP_S
        return REST_GAP_S if self._may_be_rest() else MAX_GAP_S

    def press(self, key: KeyPress[K]) -> list[Outcome[K]]:
        """Take the next key press; times never run backwards."""
        return self._tell(self._sort(key))

    def due_in(self, now: float) -> float:
        """Return in how many seconds, more than zero, `expire` is due for what is held."""
        if self._held:
            return max(0.001, self._held[-1].at + self.patience_s - now)
        return max(0.001, self._others.expires_at - now) if self._others.holding else 0.001

    def expire(self, now: float) -> list[Outcome[K]]:
        """Give back what has been held for too long at `now`."""
        if not self._held:
            return [*self._others.expire(now)]
        if now - self._held[-1].at < self.patience_s:
            return []
        outcomes = self._tell(self._release())
        return [*outcomes, *self._others.expire(now)]

    def _tell(self, found: Sequence[_Sorted[K]]) -> list[Outcome[K]]:
        """Return what was found, with other codes told from a person's keys."""
        outcomes: list[Outcome[K]] = []
        for one in found:
            match one:
                case _NoScan(keys):
                    for key in keys:
                        outcomes += self._others.press(self._meant(key))
                case Scan() | Rest():
                    # What was typed before a scan comes before it.
                    outcomes += [*self._others.end(), one]
        return outcomes

    def _meant(self, key: KeyPress[K]) -> KeyPress[K]:
        """Return a key with the character that the scanner sent, as far as the layout tells."""
        if self.layout is None or key.character is None or key.is_enter:
            return key
        meant = self.layout.character(key.character)
        return key if meant is None else replace(key, character=meant)

    def _sort(self, key: KeyPress[K]) -> list[_Sorted[K]]:
        found: list[_Sorted[K]] = []
        if self._held and key.at - self._held[-1].at > self.patience_s:
            found += self._release()
        if self._is_of_the_last(key):
            return found
        if self._held and key.ends_codes and self._is_scan(key.at):
            found.append(self._take(key.at))
            self._ended_at = key.at
        elif self._held and key.ends_codes and self._is_rest():
            found += self._take_rest(key.at)
            self._ended_at = key.at
        elif self._may_continue(key):
            self._held.append(key)
        else:
            found += self._release()
            found += self._begin(key)
        return found

    def paste(self, text: str, at: float) -> Scan | None:
        """Take a pasted text: a scan if it looks like one. Held keys stay with their owner.

        No keyboard layout has touched it.
        """
        line = text.strip()
        if not line.upper().startswith(PREFIX) or not line.isprintable():
            return None
        self._unended_at = at
        return Scan(line.upper(), at=at)

    def _begin(self, key: KeyPress[K]) -> list[_Sorted[K]]:
        if self._starts(key) or self._begins_rest(key):
            self._held.append(key)
            return []
        return [_NoScan((key,))]

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
        return self._may_be_rest() and len(self._held) >= self._least_rest() and quick

    def _least_rest(self) -> int:
        """Return how many keys are a rest: no person's key comes as soon as a scanner's next."""
        broken = self._broken
        at_once = broken is not None and self._held[0].at - broken.at <= FOLLOWS_WITHIN_S
        return 1 if at_once else LEAST_REST

    def _take(self, at: float) -> Scan:
        raw = self._text()
        scan = Scan(self._read(raw), raw, at)
        self._held.clear()
        self._broken = scan if len(scan.text) < CODE_LENGTH and not self.learning else None
        return scan

    def _take_rest(self, at: float) -> list[_Sorted[K]]:
        """Return the rest and, where it makes a broken scan whole, that scan."""
        raw, broken = self._text(), self._broken
        self._held.clear()
        self._broken = None
        found: list[_Sorted[K]] = [Rest(raw)]
        whole = self._read((broken.raw if broken is not None else "") + raw)
        if len(whole) == CODE_LENGTH:
            found.append(Scan(whole, raw, at))
        return found

    def _release(self) -> list[_Sorted[K]]:
        if not self._held:
            return []
        last = self._held[-1].at
        if self._beyond_doubt():
            self._unended_at = last
            return [self._take(last)]
        if self._is_rest():
            self._unended_at = last
            return self._take_rest(last)
        keys, self._held = tuple(self._held), []
        return [_NoScan(keys)]

    def _is_of_the_last(self, key: KeyPress[K]) -> bool:
        """Say whether this belongs to the last scan.

        It is the late Enter of one that was taken without it, or what a scanner sends behind its
        Enter or Tab: a line feed, a Tab.
        """
        unended_at, self._unended_at = self._unended_at, None
        ended_at, self._ended_at = self._ended_at, None
        if self._held or not key.ends_codes:
            return False
        late = unended_at is not None and key.is_enter
        at_once = ended_at is not None and 0 <= key.at - ended_at <= FOLLOWS_WITHIN_S
        if not at_once and not (late and key.at - (unended_at or 0.0) <= 2 * BROKEN_GAP_S):
            return False
        self._ended_at = key.at
        return True

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
