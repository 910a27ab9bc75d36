"""How long a till waits for a sale, against the least that could be done for it."""

import sqlite3
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks import slow_disk
from benchmarks.bench import Ground, tell
from benchmarks.kiosk import BenchKiosk, kiosk_in, no_line, stock_up
from benchmarks.rows import Row, at_most, compare, percentile
from benchmarks.till import Till, till_at
from demo.processes import Service

_BASELINE = "bare aiohttp handler, one WAL+FULL commit"
_SLOW = "sale_latency_slow_disk"
_MS = 1000


async def sale_latency(ground: Ground) -> Sequence[Row]:
    """Measure sales one at a time, while the line is down, against a bare handler."""
    return _rows("sale_latency", _BASELINE, *await _measure(ground, "sale_latency"))


async def sale_latency_slow_disk(ground: Ground) -> Sequence[Row]:
    """Measure the same where every fsync takes 5 ms, for both sides alike."""
    with slow_disk.slowed(await slow_disk.compile_shim(ground.folder)):
        ours, bare = await _measure(ground, _SLOW)
    slow_disk.check_slowed(min(map(min, bare)))
    return _rows(_SLOW, f"{_BASELINE}, fsync 5 ms slower", ours, bare)


async def _measure(ground: Ground, name: str) -> tuple[list[list[float]], list[list[float]]]:
    """Return the seconds of each sale of each run, ours and the bare handler's."""
    folder, sizes = ground.new("kiosk"), ground.sizes
    with no_line() as fleet_url, kiosk_in(folder, fleet_url) as kiosk:
        async with kiosk.journal() as journal:
            await stock_up(journal, sizes.sales * sizes.runs + 1)
        async with kiosk.agent(), till_at(kiosk.ui_socket) as till:
            await till.sign_in()
            sale = await till.ring_up()
            _, answer = await till.sell(sale)
            bare_folder = _bare_folder(ground, kiosk, answer)
            async with bare_till(bare_folder, kiosk.sockets / "bare.sock") as bare:
                return await _in_turn(ground, till, bare, name)


async def _in_turn(
    ground: Ground, till: Till, bare: Till, name: str
) -> tuple[list[list[float]], list[list[float]]]:
    sizes = ground.sizes
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    for run in range(sizes.runs):
        sales = [await till.ring_up() for _ in range(sizes.sales)]
        sides = [(ours, till), (theirs, bare)]
        for times, side in sides if run % 2 else reversed(sides):
            times.append(await sell_each(side, sales))
        tell(f"{name}: run {run + 1} of {sizes.runs}")
    return ours, theirs


def _rows(
    name: str, baseline: str, ours: list[list[float]], theirs: list[list[float]]
) -> Sequence[Row]:
    return [
        compare(
            row,
            "ms",
            [percentile(times, percent) * _MS for times in ours],
            [percentile(times, percent) * _MS for times in theirs],
            baseline_name=baseline,
            target=at_most(ratio),
        )
        for row, percent, ratio in ((name, 50, 1.5), (f"{name}.p99", 99, 2))
    ]


async def sell_each(till: Till, sales: Sequence[dict[str, Any]]) -> list[float]:
    """Sell one at a time; return the seconds of each."""
    return [(await till.sell(sale))[0] for sale in sales]


def _bare_folder(ground: Ground, kiosk: BenchKiosk, answer: bytes) -> Path:
    """Give the bare handler the bytes that one sale left in the journal, and its answer."""
    folder = ground.new("bare")
    connection = sqlite3.connect(f"{kiosk.journal_path.as_uri()}?mode=ro", uri=True)
    row = connection.execute("SELECT * FROM transactions ORDER BY sequence DESC").fetchone()
    connection.close()
    (folder / "row").write_text("".join(str(value) for value in row if value is not None))
    (folder / "answer").write_bytes(answer)
    return folder


@asynccontextmanager
async def bare_till(folder: Path, socket: Path) -> AsyncIterator[Till]:
    """Run the bare handler as a process of its own; return a till of its socket."""
    argv = [sys.executable, "-m", "benchmarks.bare_handler", str(folder), str(socket)]
    async with (
        Service("bare handler", argv, log=folder / "log", ready_event="listening"),
        till_at(socket) as till,
    ):
        yield till
