"""What is counted while a fleet runs."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Doing(StrEnum):
    """What a simulated kiosk is at."""

    STARTING = "starting"
    ONLINE = "online"
    UPLOADING = "uploading"
    BACKING_OFF = "backing off"
    """It was told, or has decided, to ask again later."""
    OFFLINE = "offline"
    """Its line is cut."""


@dataclass(slots=True)
class Figures:
    """Counts of one run."""

    doing: Counter[Doing] = field(default_factory=Counter)
    beats_sent: int = 0
    beats_answered: int = 0
    beats_failed: Counter[str] = field(default_factory=Counter)
    """By the problem's code."""
    beat_s: list[float] = field(default_factory=list)
    """How long each answered heartbeat took, in seconds."""
    sessions: int = 0
    recorded: int = 0
    settled: int = 0
    replayed: int = 0
    quarantined: int = 0
    retries: Counter[str] = field(default_factory=Counter)
    """Calls that are made again, by the problem's code."""
    waits_s: list[float] = field(default_factory=list)
    """For each kiosk that came back: how long until all that it had was settled, in seconds."""

    def to_json(self) -> dict[str, Any]:
        """Return what a program that reads the result goes by."""
        return {
            "kiosks": {state.value: self.doing[state] for state in Doing},
            "heartbeats": {
                "sent": self.beats_sent,
                "answered": self.beats_answered,
                "failed": dict(self.beats_failed),
                "ms": _spread(self.beat_s),
            },
            "sessions": self.sessions,
            "transactions": {
                "recorded": self.recorded,
                "settled": self.settled,
                "quarantined": self.quarantined,
                "replayed": self.replayed,
            },
            "retries": dict(self.retries),
            "return_ms": _spread(self.waits_s),
        }


def share(ordered: list[float], percent: float) -> float:
    """Return the smallest of ordered values that `percent` of them do not exceed."""
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def _spread(seconds: list[float]) -> dict[str, float] | None:
    if not seconds:
        return None
    ordered = sorted(seconds)
    return {
        "median": round(share(ordered, 50) * 1000, 1),
        "p99": round(share(ordered, 99) * 1000, 1),
        "most": round(ordered[-1] * 1000, 1),
    }
