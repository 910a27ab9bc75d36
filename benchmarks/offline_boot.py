"""From the power coming on, without the cloud, to the first sale at a venue host.

`make bench ONLY=offline_boot` runs it, as root, in a network of its own with a real venue host that
has Docker inside. It is no part of `make bench` without ONLY.
"""

import asyncio
import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Final

import structlog
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from benchmarks.bench import tell
from benchmarks.report import print_table, write_results
from benchmarks.rows import compare, no_more_than
from tests.support.venue.machine import VenueMachine
from tests.support.venue.screened import SIGN_IN, ScreenedKiosk, screened_kiosk
from tests.support.venue.venue import Venue, venue_in

_RUNS: Final = 3
_MOST_S: Final = 5
_UNITS: Final = ("docker", "kiosk-agent", "kiosk-supervisor", "kiosk-console@tty1")
_US: Final = 1_000_000


def main() -> int:
    """Measure; return 0 only if the target is reached."""
    # The region runs in this process, and says each call that it answers.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, venue_in(Path(folder)) as venue:
        place = Path(folder) / "cloud"
        place.mkdir()
        moments = asyncio.run(_measure(venue, place))
    sold, docker = moments["first sale"], moments["docker"]
    on_top = [ours - base for ours, base in zip(sold, docker, strict=True)]
    name, target = "the same boot to docker.service", no_more_than(_MOST_S, "s")
    rows = [compare("offline_boot.on_top", "s", on_top, docker, baseline_name=name, target=target)]
    results = Path(".bench/offline_boot.json")
    results.parent.mkdir(exist_ok=True)
    write_results(results, rows)
    _print_moments(moments)
    print_table(rows, Console())
    return 0 if all(row.ok for row in rows) else 1


async def _measure(venue: Venue, folder: Path) -> dict[str, list[float]]:
    """Return the seconds from the power to each moment, run by run."""
    moments: dict[str, list[float]] = {}
    async with screened_kiosk(venue, folder) as kiosk:
        await kiosk.sign_in()
        await kiosk.open_shift()
        for run in range(1, _RUNS + 1):
            for name, seconds in (await _boot(kiosk)).items():
                moments.setdefault(name, []).append(seconds)
            tell(f"offline_boot: run {run} of {_RUNS}: {moments['first sale'][-1]:.1f} s")
    return moments


async def _boot(kiosk: ScreenedKiosk) -> dict[str, float]:
    host = kiosk.host
    await host.power_cut()
    host.line.cut()
    host.screen.wipe()
    began = monotonic()
    await host.boot(*kiosk.options, until_ready=False)
    await host.screen.until(SIGN_IN, 120)
    asks = monotonic() - began
    await kiosk.sign_in()
    await kiosk.sell()
    sold = monotonic() - began
    units = {name: await _active(host, name) - began for name in _UNITS}
    return {**units, "the screen asks who is there": asks, "first sale": sold}


async def _active(host: VenueMachine, unit: str) -> float:
    """Return when a unit became active, by this machine's clock, which is the host's, too."""
    what = "--property=ActiveEnterTimestampMonotonic"
    return int(await host.tell("systemctl", "show", "--value", what, unit)) / _US


def _print_moments(moments: Mapping[str, Sequence[float]]) -> None:
    table = Table(title="From the power on (medians)", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("what")
    table.add_column("s", justify="right")
    for name, seconds in sorted(moments.items(), key=lambda one: median(one[1])):
        table.add_row(name, f"{median(seconds):.2f}")
    Console().print(table)


if __name__ == "__main__":
    raise SystemExit(main())
