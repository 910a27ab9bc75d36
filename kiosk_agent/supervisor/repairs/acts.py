"""What a repair may do; nothing else is done to a host. No I/O."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RestartUnit:
    """End a unit of systemd and start it, also one that does not run."""

    unit: str


@dataclass(frozen=True, slots=True)
class StartUnit:
    """Start one that does its work and ends."""

    unit: str


@dataclass(frozen=True, slots=True)
class PruneImages:
    """Remove the kiosk UI's images that nothing needs, now."""


Act = RestartUnit | StartUnit | PruneImages


def act_words(act: Act) -> str:
    """Return what is done, for the list of decisions."""
    match act:
        case RestartUnit(unit):
            return f"restart {unit}"
        case StartUnit(unit):
            return f"start {unit}"
        case PruneImages():
            return "prune images"
