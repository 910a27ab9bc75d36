"""All kiosks of a fleet come back at once, each with sales that wait."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from benchmarks.bench import Ground, tell
from benchmarks.rows import Row, at_most, compare, percentile
from demo.processes import ProcessError
from fleet_simulator.cloud import CloudRules, cloud_in
from fleet_simulator.kiosk import Kiosk
from fleet_simulator.plan import plan_fleet
from fleet_simulator.run import Fleet, Wishes, fleet_at

_Work = Callable[[Kiosk], Awaitable[None]]
_WITHIN_S: Final = 10.0
_EVENLY: Final = 32
"""Kiosks at a time where the work is offered evenly: enough to keep everybody busy."""
_CONNECTIONS: Final = 10_000
"""One for each kiosk, as in the field: nobody waits until another has done with its own."""
_PREPARED: Final = 64
"""Kiosks at a time that lease stock before anything is measured."""


@dataclass(frozen=True, slots=True)
class Returned:
    """How a return went."""

    took_s: float
    """From the first kiosk's return until all was settled."""
    waits_s: Sequence[float]
    """Of each kiosk, from its own return until all that it had was settled."""


async def reconnect_storm(ground: Ground) -> Sequence[Row]:
    """Let a fleet return within ten seconds, and the same fleet with as much evenly."""
    sizes = ground.sizes
    venues = plan_fleet(sizes.fleet, 1.0, seed=1)
    wishes = Wishes(stock=2 * sizes.waiting, connections=_CONNECTIONS)
    async with (
        cloud_in(ground.new("cloud"), venues, CloudRules()) as cloud,
        fleet_at(cloud, venues, wishes) as fleet,
    ):
        began = time.monotonic()
        await _each(fleet, _PREPARED, _prepare(fleet))
        tell(f"reconnect_storm: ready in {time.monotonic() - began:.0f} s")
        even = await _return(fleet, sizes.waiting, storm=False)
        tell(f"reconnect_storm: evenly in {even.took_s:.1f} s")
        storm = await _return(fleet, sizes.waiting, storm=True)
        tell(f"reconnect_storm: {storm.took_s:.1f} s, calls again {dict(fleet.figures.retries)}")
        verdict = await fleet.verify()
    sales = 2 * sizes.waiting * sizes.fleet
    if verdict.is_broken or verdict.unsettled or verdict.quarantined or verdict.checked != sales:
        raise ProcessError(f"reconnect_storm, of {sales} sales: {verdict.to_json()}")
    return [
        compare(
            "reconnect_storm",
            "s",
            [storm.took_s],
            [even.took_s],
            baseline_name="the same work offered evenly",
            target=at_most(1.5),
        ),
        compare(
            "reconnect_storm.wait",
            "s",
            [max(storm.waits_s)],
            [percentile(storm.waits_s, 50)],
            baseline_name="the median kiosk",
            target=at_most(3),
        ),
    ]


def _prepare(fleet: Fleet) -> _Work:
    async def prepare(kiosk: Kiosk) -> None:
        await kiosk.open_session()
        await kiosk.lease(fleet.wishes.stock)

    return prepare


async def _each(fleet: Fleet, at_once: int, work: _Work) -> None:
    turn = asyncio.Semaphore(at_once)

    async def one(kiosk: Kiosk) -> None:
        async with turn:
            await work(kiosk)

    async with asyncio.TaskGroup() as group:
        for kiosk in fleet.kiosks.values():
            group.create_task(one(kiosk))


async def _return(fleet: Fleet, waiting: int, *, storm: bool) -> Returned:
    """Let each kiosk sell without a line, then come back as after a restart."""
    for kiosk in fleet.kiosks.values():
        for _ in range(waiting):
            kiosk.sell()
        await fleet.forget_session(kiosk)
    waits: list[float] = []
    random = Random(1)

    async def come_back(kiosk: Kiosk) -> None:
        if storm:
            await asyncio.sleep(random.uniform(0, _WITHIN_S))
        began = time.perf_counter()
        await kiosk.open_session()
        sending = asyncio.create_task(kiosk.send_for_ever())
        await kiosk.sent_all()
        waits.append(time.perf_counter() - began)
        sending.cancel()

    began = time.perf_counter()
    await _each(fleet, len(fleet.kiosks) if storm else _EVENLY, come_back)
    return Returned(time.perf_counter() - began, waits)
