"""Which kiosks and venues a simulated fleet has. Pure: the same figures, the same fleet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final
from uuid import UUID

KIOSKS_A_VENUE: Final = 10
TICKET_TYPES: Final = ("adult", "child", "concession", "box")
CLUSTERS: Final = ("kiosks-1", "kiosks-2")
"""As ECS has no more than 5,000 instances in one."""
_HEX_DIGITS: Final = 17


@dataclass(frozen=True, slots=True)
class SimulatedKiosk:
    """One kiosk: who it is, where, and what it does."""

    kiosk_id: str
    kiosk_code: str
    venue_id: str
    event_id: str
    journal_id: UUID
    instance_id: str
    cluster: str
    sells: bool


@dataclass(frozen=True, slots=True)
class SimulatedVenue:
    """One venue, with one event that never ends while anybody looks."""

    venue_id: str
    name: str
    event_id: str
    event_no: int
    kiosks: tuple[SimulatedKiosk, ...]


def plan_fleet(kiosks: int, selling: float, seed: int) -> Sequence[SimulatedVenue]:
    """Return venues with so many kiosks together; `selling` is the share of those that sell."""
    random = Random(seed)
    numbers = range(kiosks)
    sellers = frozenset(random.sample(numbers, round(kiosks * selling)))
    firsts = range(0, kiosks, KIOSKS_A_VENUE)
    return [
        _venue(place, numbers[n : n + KIOSKS_A_VENUE], sellers, random)
        for place, n in enumerate(firsts, start=1)
    ]


def all_kiosks(venues: Sequence[SimulatedVenue]) -> Iterator[SimulatedKiosk]:
    """Return every kiosk of the fleet."""
    for venue in venues:
        yield from venue.kiosks


def _venue(
    place: int, numbers: Sequence[int], sellers: frozenset[int], random: Random
) -> SimulatedVenue:
    venue_id, event_id = f"sim-hall-{place}", f"sim-show-{place}"
    kiosks = tuple(
        SimulatedKiosk(
            kiosk_id=f"sim-till-{number + 1}",
            kiosk_code=f"S{number + 1:05d}",
            venue_id=venue_id,
            event_id=event_id,
            journal_id=UUID(int=random.getrandbits(128), version=4),
            instance_id=f"mi-{random.getrandbits(4 * _HEX_DIGITS):0{_HEX_DIGITS}x}",
            cluster=CLUSTERS[place % len(CLUSTERS)],
            sells=number in sellers,
        )
        for number in numbers
    )
    return SimulatedVenue(venue_id, f"Simulated Hall {place}", event_id, place, kiosks)
