"""Which kiosks stand at the venue of a run, who works there, and what is on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import TypeAlias

from demo.configs import Kiosk, make_kiosks
from demo.season import Season, make_season


@dataclass(frozen=True, slots=True)
class Venue:
    """What a stack is built for."""

    kiosks: tuple[Kiosk, ...]
    season: Season


MakeVenue: TypeAlias = Callable[[Random], Venue]
"""Draws a venue, the same from the same random numbers but for today's date."""


def two_tills(random: Random) -> Venue:
    """Return the venue of the main job: two tills that are gates as well."""
    return Venue(make_kiosks(random), make_season(random, datetime.now(UTC)))
