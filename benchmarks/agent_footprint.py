"""What an agent costs its host while the line is down, a season on sale and much known."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil

from benchmarks import season
from benchmarks.bench import Ground, tell
from benchmarks.kiosk import BenchKiosk, kiosk_in, no_line, stock_up
from benchmarks.rows import Row, at_most, compare
from benchmarks.sales import record, sale_of_one
from benchmarks.till import till_at
from demo.processes import Service
from kiosk_agent.adapters.journal.store import SqliteJournal
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_contracts.gates import GateFact, GateFeedEntry
from kiosk_contracts.serials import format_serial

_MIB: Final = 1024 * 1024
_UNSOLD: Final = 400
_PAGE: Final = 500
_RUNS: Final = 2
_SETTLES_S: Final = 0.05
"""Of the time watched: an agent that has just started is not yet an agent that runs."""


async def agent_footprint(ground: Ground) -> Sequence[Row]:
    """Measure resident memory, and CPU over the time watched, in turn with the libraries' own."""
    with no_line() as fleet_url, kiosk_in(ground.new("kiosk"), fleet_url) as kiosk:
        async with kiosk.journal() as journal:
            await _fill(journal, ground)
        watched = [await _watch(kiosk, ground, run) for run in range(min(_RUNS, ground.sizes.runs))]
    ours, cpu, libraries = zip(*watched, strict=True)
    return [
        compare(
            "agent_footprint",
            "MiB",
            ours,
            libraries,
            baseline_name="a process that imports the same libraries",
            target=at_most(1.25),
        ),
        compare(
            "agent_footprint.cpu",
            "% core",
            cpu,
            [100.0] * len(cpu),
            baseline_name="one core",
            target=at_most(0.005),
        ),
    ]


async def _watch(kiosk: BenchKiosk, ground: Ground, run: int) -> tuple[float, float, float]:
    """Return (MiB of the agent, percent of a core, MiB of the libraries alone)."""
    watch_s = ground.sizes.watch_s
    async with (
        kiosk.agent() as agent,
        till_at(kiosk.ui_socket) as till,
        _libraries(ground.new(f"libraries-{run}")) as libraries,
    ):
        await till.sign_in()
        await till.ask("GET", "/v1/catalogue")
        await asyncio.sleep(watch_s * _SETTLES_S)
        tell(f"agent_footprint: run {run + 1}, watching for {watch_s:g} s")
        process = psutil.Process(agent.pid)
        before = _cpu_s(process)
        await asyncio.sleep(watch_s)
        cpu = (_cpu_s(process) - before) / watch_s * 100
        alone = psutil.Process(libraries.pid).memory_info().rss
        return process.memory_info().rss / _MIB, cpu, alone / _MIB


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@asynccontextmanager
async def _libraries(folder: Path) -> AsyncIterator[Service]:
    listing = "from benchmarks.imports_only import libraries_of as of;"
    code = f"{listing} print(*of('kiosk_agent.cli.running'), *of('kiosk_agent.runtime'))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    names, _ = await process.communicate()
    argv = [sys.executable, "-m", "benchmarks.imports_only", *names.decode().split()]
    async with Service("libraries", argv, log=folder / "log", ready_event="listening") as libraries:
        yield libraries


async def _fill(journal: SqliteJournal, ground: Ground) -> None:
    sizes, clock = ground.sizes, SystemClock()
    await stock_up(journal, sizes.pending + _UNSOLD)
    for number in range(1, sizes.pending + 1):
        sale = sale_of_one(format_serial(number), clock)
        await journal.write(lambda writer, sale=sale: record(writer, sale))  # type: ignore[misc]
    tell(f"agent_footprint: {sizes.pending} transactions pending")
    for first in range(1, sizes.known_tickets + 1, _PAGE):
        page = [_admitted(number) for number in range(first, first + _PAGE)]
        await journal.write(
            lambda writer, page=page, first=first: writer.add_gate_facts(  # type: ignore[misc]
                page, first + _PAGE - 1
            )
        )
    tell(f"agent_footprint: {sizes.known_tickets} tickets known")


def _admitted(number: int) -> GateFeedEntry:
    return GateFeedEntry(
        cursor=number,
        event_id=season.EVENT_ID,
        serial=format_serial(1_000_000 + number),
        fact=GateFact.ADMITTED,
        at=datetime.now(UTC),
        gate="North",
        kiosk_id="hb-till-2",
    )
