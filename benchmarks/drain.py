"""How fast a journal drains through agent, fleet service and ticket API, and what sales feel."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Final

from benchmarks.bench import Ground, tell
from benchmarks.cloud import cloud_in, lease
from benchmarks.kiosk import BenchKiosk, kiosk_in
from benchmarks.rows import Row, at_least, at_most, compare, percentile
from benchmarks.sales import record, sale_of_one
from benchmarks.till import Till, till_at
from kiosk_agent.adapters.system_clock import SystemClock

_RUNS: Final = 3
_LOOK_S: Final = 0.2
_MS: Final = 1000


async def drain(ground: Ground) -> Sequence[Row]:
    """Drain a journal in batches, then the same one by one, then while a till sells."""
    batched: list[float] = []
    single: list[float] = []
    meanwhile: list[float] = []
    idle: list[float] = []
    runs = min(_RUNS, ground.sizes.runs)
    async with cloud_in(ground.new("cloud")) as fleet_url:
        for run in range(runs):
            for rates, settings in ((batched, {}), (single, {"batch_max": 1})):
                name = "single" if settings else "batched"
                with kiosk_in(ground.new(f"{run}/{name}"), fleet_url, **settings) as kiosk:
                    rates.append(await _drain_once(kiosk, ground))
                tell(f"drain: run {run + 1} of {runs}, {name}: {rates[-1]:.0f} a second")
            with kiosk_in(ground.new(f"{run}/selling"), fleet_url) as kiosk:
                times = await _drain_while_selling(kiosk, ground)
            meanwhile.append(percentile(times[0], 99) * _MS)
            idle.append(percentile(times[1], 99) * _MS)
            tell(f"drain: run {run + 1} of {runs}, {len(times[0])} sales meanwhile")
    return [
        compare(
            "drain",
            "txn/s",
            batched,
            single,
            baseline_name="one request per transaction",
            target=at_least(8),
        ),
        compare(
            "drain.sale_p99",
            "ms",
            meanwhile,
            idle,
            baseline_name="a sale with nothing to drain",
            target=at_most(2),
        ),
    ]


async def _queue(kiosk: BenchKiosk, count: int, for_sale: int) -> None:
    """Fill a new journal with sales of serials that are leased to it."""
    clock = SystemClock()
    async with kiosk.journal() as journal:
        serials = await lease(journal, kiosk, count + for_sale)
        for serial in serials[:count]:
            sale = sale_of_one(serial, clock)
            await journal.write(lambda writer, sale=sale: record(writer, sale))  # type: ignore[misc]


async def _drain_once(kiosk: BenchKiosk, ground: Ground) -> float:
    """Return the transactions settled a second, from the first request to the last answer."""
    await _queue(kiosk, ground.sizes.queued, 0)
    async with kiosk.agent():
        await _until_settled(kiosk)
    with closing(sqlite3.connect(kiosk.journal_path)) as connection:
        began, ended, items = connection.execute(
            "SELECT min(started_at), max(ended_at), sum(items) FROM upload_attempts"
            " WHERE result = 'answered'"
        ).fetchone()
    took_s = (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()
    return float(items / took_s)


async def _until_settled(kiosk: BenchKiosk) -> None:
    """Wait until nothing is queued. The file is read as any other program may read it."""
    uri = f"{kiosk.journal_path.as_uri()}?mode=ro"
    left = "SELECT 1 FROM transactions WHERE state IN ('queued', 'uploading') LIMIT 1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        while connection.execute(left).fetchone():  # noqa: ASYNC110  another process settles them
            await asyncio.sleep(_LOOK_S)


async def _drain_while_selling(
    kiosk: BenchKiosk, ground: Ground
) -> tuple[list[float], list[float]]:
    """Return the seconds of sales made during the drain, and of as many made after it."""
    for_sale = ground.sizes.for_sale
    await _queue(kiosk, ground.sizes.queued, for_sale)
    async with kiosk.agent(), till_at(kiosk.ui_socket) as till:
        await till.sign_in()
        done = asyncio.create_task(_until_settled(kiosk))
        meanwhile = [await _one_sale(till)]
        while not done.done() and len(meanwhile) < for_sale // 2:
            meanwhile.append(await _one_sale(till))
        await done
        return meanwhile, [await _one_sale(till) for _ in meanwhile]


async def _one_sale(till: Till) -> float:
    return (await till.sell(await till.ring_up()))[0]
