"""What a fleet costs one process of the fleet service on an ordinary evening."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import psutil

from benchmarks.bench import Ground, tell
from benchmarks.rows import Row, at_most, compare, no_more_than
from benchmarks.store_writes import writes_of
from demo.processes import ProcessError
from fleet_simulator.cloud import Cloud, CloudRules, cloud_in
from fleet_simulator.kiosk import Pace
from fleet_simulator.plan import plan_fleet
from fleet_simulator.run import Fleet, Wishes, fleet_at

_SELLING: Final = 0.1
_MIB: Final = 1024 * 1024
_WARM_ROUNDS: Final = 2
"""Rounds of heartbeats after all have started, before anything is measured."""
_STARTS_A_SECOND: Final = 30
"""To start is to prove who one is, and to lease stock, which `reconnect_storm` is about."""
_LOOK_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What was seen over a time."""

    cores: float
    mib: float
    """The most at any moment."""
    writes: int
    beats: int


async def fleet_10k(ground: Ground) -> Sequence[Row]:
    """Run a fleet in two clusters, a tenth of it selling."""
    sizes = ground.sizes
    venues = plan_fleet(sizes.fleet, _SELLING, seed=1)
    heartbeat_s = min(15.0, sizes.fleet_s / 3)
    spread_s = sizes.fleet / _STARTS_A_SECOND
    warm_s = spread_s + heartbeat_s * _WARM_ROUNDS
    wishes = Wishes(
        seconds=warm_s + sizes.fleet_s,
        spread_s=spread_s,
        pace=Pace(heartbeat_s=heartbeat_s),
    )
    async with (
        cloud_in(ground.new("cloud"), venues, CloudRules()) as cloud,
        fleet_at(cloud, venues, wishes) as fleet,
    ):
        watching = asyncio.create_task(_watch(cloud, fleet, warm_s, sizes.fleet_s))
        await fleet.run()
        cost = await watching
        tell(f"fleet_10k: {cost}, {fleet.figures.to_json()}")
        verdict = await fleet.verify()
    if verdict.is_broken or verdict.unsettled:
        raise ProcessError(f"fleet_10k: {verdict.to_json()}")
    return _rows(cost)


async def _watch(cloud: Cloud, fleet: Fleet, warm_s: float, seconds: float) -> Cost:
    if cloud.fleet_pid is None or cloud.fleet_store is None:
        raise ProcessError("the fleet service is none of ours")
    await asyncio.sleep(warm_s)
    process = psutil.Process(cloud.fleet_pid)
    if fleet.figures.sessions < len(fleet.kiosks):
        raise ProcessError(f"only {fleet.figures.sessions} kiosks have a session by now")
    began, cpu, beats = time.monotonic(), _cpu_s(process), fleet.figures.beats_answered
    writes, most = writes_of(cloud.fleet_store), 0
    while time.monotonic() - began < seconds:
        most = max(most, process.memory_info().rss)
        await asyncio.sleep(_LOOK_S)
    passed = time.monotonic() - began
    return Cost(
        cores=(_cpu_s(process) - cpu) / passed,
        mib=most / _MIB,
        writes=writes_of(cloud.fleet_store) - writes,
        beats=fleet.figures.beats_answered - beats,
    )


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _rows(cost: Cost) -> list[Row]:
    beats = [float(cost.beats)]
    return [
        compare(
            "fleet_10k.cpu",
            "cores",
            [cost.cores],
            [1.0],
            baseline_name="one core",
            target=no_more_than(1, "cores"),
        ),
        compare(
            "fleet_10k.memory",
            "MiB",
            [cost.mib],
            [350.0],
            baseline_name="350 MiB",
            target=no_more_than(350, "MiB"),
        ),
        compare(
            "fleet_10k.writes",
            "writes",
            [float(cost.writes)],
            beats,
            baseline_name="heartbeats answered meanwhile",
            target=at_most(0.3),
        ),
    ]
