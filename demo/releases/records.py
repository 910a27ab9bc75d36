"""What was seen of releases in a run, by time: what the claims are judged from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

FAILED: Final = "fail"
"""What a decision of a move says where a kiosk failed; likewise the others."""
TOLD: Final = "told"
BEGUN: Final = "begin"
WAITED: Final = "wait"
WAITING: Final = "waiting"
"""How a kiosk stands that has not begun to move."""
FINISHED: Final = "finish"
RETURNED: Final = "returned"


@dataclass(frozen=True, slots=True)
class Told:
    """ECS's record of a host came to say another release."""

    at: float
    """Unix time in seconds, here as everywhere."""
    kiosk_id: str
    release: str


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a release at a kiosk, as ECS tells of it at the end."""

    kiosk_id: str
    release: str
    status: str
    """ECS's `lastStatus`."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the fleet service decided in a move."""

    at: float
    what: str
    kiosk_id: str
    """Empty where it is of the whole move."""
    why: str


@dataclass(frozen=True, slots=True)
class Stood:
    """A kiosk of a move came to stand so, as the fleet service told whoever asked."""

    at: float
    kiosk_id: str
    state: str
    why: str
    """What it waits for, or what was seen of it last."""


@dataclass(frozen=True, slots=True)
class Move:
    """A move as it ended."""

    state: str
    decisions: Sequence[Decision]
    stood: Sequence[Stood] = ()
    """How its kiosks stood, one after the other: not every wait is kept as a decision."""

    def waited(self, kiosk_id: str, why: str) -> Stood | None:
        """Return when a kiosk first waited for this."""
        for one in self.stood:
            if (one.kiosk_id, one.state) == (kiosk_id, WAITING) and why in one.why:
                return one
        return None

    def first(self, what: str, kiosk_id: str, why: str = "") -> Decision | None:
        """Return the first decision of its kind about a kiosk, with these words in its reason."""
        for one in self.decisions:
            if (one.what, one.kiosk_id) == (what, kiosk_id) and why in one.why:
                return one
        return None


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale by keystrokes: from when its cart stood on the screen to when it was recorded."""

    kiosk_id: str
    opened_at: float
    recorded_at: float
    offline: bool
    """As the screen said."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A release came to be on a kiosk's screen, told by what it shows."""

    at: float
    kiosk_id: str
    release: str


@dataclass(frozen=True, slots=True)
class Outage:
    """When the other kiosk's line was cut."""

    cut_at: float
    restored_at: float
    turned_away: int
    """Connections that came from there meanwhile."""

    def has(self, at: float) -> bool:
        """Say whether a time lies in it."""
        return self.cut_at < at < self.restored_at


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the ticket API has at the end."""

    recorded: int
    """What the screens said is recorded."""
    settled: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Run:
    """All of it."""

    canary: str
    other: str
    outage: Outage
    told: Sequence[Told]
    """In the order of their times."""
    tasks: Sequence[Task]
    to_next: Move
    to_bad: Move
    sales: Sequence[Sale]
    shown: Sequence[Shown]
    ledger: Ledger
    verifier: int
    """The exit status of `python -m verifier` on what the run has left."""

    def releases_told(self, kiosk_id: str) -> Sequence[str]:
        """Return what ECS's record of a kiosk's host said, one after the other."""
        return [one.release for one in self.told if one.kiosk_id == kiosk_id]

    def first_told(self, kiosk_id: str, release: str) -> float | None:
        """Return when ECS first said so."""
        found = (one.at for one in self.told if (one.kiosk_id, one.release) == (kiosk_id, release))
        return next(found, None)

    def last_shown(self) -> Mapping[str, str]:
        """Return what each screen showed last."""
        return {one.kiosk_id: one.release for one in self.shown}

    def runs(self, kiosk_id: str, release: str, status: str = "RUNNING") -> bool:
        """Say whether ECS has a task of it there in a state."""
        return Task(kiosk_id, release, status) in self.tasks
