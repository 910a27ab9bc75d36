"""What goes wrong while a fleet is watched, and when. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from fleet_simulator.plan import SimulatedKiosk, SimulatedVenue

RETURN_WITHIN_S: Final = 10.0
"""Lines of a reconnect storm come back within it."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is to go wrong in the middle third of a run."""

    outage: float = 0.0
    """The share of the kiosks whose lines are cut."""
    venue_down: bool = False
    """All kiosks of one venue lose their lines."""
    storm: bool = False
    """All lines are cut, and come back within ten seconds of one another."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One kiosk's line is cut, by seconds of the run."""

    kiosk: SimulatedKiosk
    begins_s: float
    ends_s: float


def cuts(
    trouble: Trouble, venues: Sequence[SimulatedVenue], seconds: float, random: Random
) -> Iterator[Cut]:
    """Return whose line is cut when; of each kiosk once at most."""
    begins, ends = seconds / 3, seconds * 2 / 3
    kiosks = [kiosk for venue in venues for kiosk in venue.kiosks]
    chosen: Sequence[SimulatedKiosk] = ()
    if trouble.storm:
        chosen = kiosks
    elif trouble.outage:
        chosen = random.sample(kiosks, round(len(kiosks) * trouble.outage))
    down = venues[0].kiosks if trouble.venue_down else ()
    for kiosk in {one.kiosk_id: one for one in (*chosen, *down)}.values():
        late = random.uniform(0, RETURN_WITHIN_S) if trouble.storm else 0.0
        yield Cut(kiosk, begins, ends + late)
