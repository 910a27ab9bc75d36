"""What a benchmark is given, and what it gives."""

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rows import Row


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much each benchmark does. `SMOKE` shows that it works, not how fast it is."""

    runs: int
    """Runs of ours and of the baseline, in turn."""
    sales: int
    """Sales of a run that measures latency."""
    burst: int
    """Transactions of a burst."""
    slow_burst: int
    """The same where every fsync is slow."""
    queued: int
    """Transactions to drain."""
    for_sale: int
    """Serials that a till has for sale while a journal drains, and after it."""
    settled: int
    """Transactions behind a sale in a journal that has grown old."""
    known_tickets: int
    pending: int
    keys: int
    """Pairs of keys of a run that are watched until they are painted."""
    scans: int
    """Tickets of a run at the gate."""
    starts: int
    """Starts of each UI of a run."""
    watch_s: float
    """How long an agent's CPU is watched, in seconds."""
    fleet: int
    """Simulated kiosks."""
    beat_s: float
    """How long heartbeats are sent as fast as they are answered, in seconds."""
    fleet_s: float
    """How long a fleet is watched, in seconds."""
    waiting: int
    """Transactions that wait at each kiosk of a fleet that comes back."""


FULL = Sizes(
    runs=5,
    sales=400,
    burst=6400,
    slow_burst=1280,
    queued=10_000,
    for_sale=3000,
    settled=1_000_000,
    known_tickets=100_000,
    pending=10_000,
    keys=100,
    scans=120,
    starts=5,
    watch_s=60,
    fleet=10_000,
    beat_s=15,
    fleet_s=300,
    waiting=20,
)
SMOKE = Sizes(
    runs=2,
    sales=8,
    burst=128,
    slow_burst=64,
    queued=24,
    for_sale=240,
    settled=300,
    known_tickets=200,
    pending=20,
    keys=2,
    scans=4,
    starts=1,
    watch_s=1,
    fleet=20,
    beat_s=0.5,
    fleet_s=6,
    waiting=2,
)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a benchmark runs: an empty folder for this run, one that stays, and its sizes."""

    folder: Path
    cache: Path
    sizes: Sizes

    def new(self, name: str) -> Path:
        """Make a folder of the run."""
        path = self.folder / name
        path.mkdir(parents=True)
        return path


Bench = Callable[[Ground], Awaitable[Sequence[Row]]]


def tell(words: str) -> None:
    """Say how far a benchmark is, on standard error."""
    print(words, file=sys.stderr, flush=True)
