"""From the start of the kiosk UI's process to its first answered key, against an empty app's."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final

from benchmarks.bench import Ground, tell
from benchmarks.empty_app import READY, said
from benchmarks.key_to_paint import BASELINE
from benchmarks.kiosk import BenchKiosk, kiosk_in, no_line, stock_up
from benchmarks.pty_screen import pty_screen
from benchmarks.rows import Row, at_most, compare
from benchmarks.till_screen import ui_at

_NAME: Final = "ui_start"


async def ui_start(ground: Ground) -> Sequence[Row]:
    """Measure starts in turn; a key is pressed as soon as the screen asks for one."""
    with no_line() as fleet_url, kiosk_in(ground.new("kiosk"), fleet_url) as kiosk:
        async with kiosk.journal() as journal:
            await stock_up(journal, 1)
        async with kiosk.agent():
            ours, empty = await asyncio.to_thread(_in_turn, ground, kiosk)
    target = at_most(1.5)
    return [compare(_NAME, "s", ours, empty, baseline_name=BASELINE, target=target)]


def _in_turn(ground: Ground, kiosk: BenchKiosk) -> tuple[list[float], list[float]]:
    """Return the median of some starts for each run, ours and the empty app's."""
    start_ui(kiosk)
    start_empty()
    ours: list[float] = []
    empty: list[float] = []
    for run in range(ground.sizes.runs):
        ours_now, empty_now = _starts(ground.sizes.starts, kiosk)
        ours.append(median(ours_now))
        empty.append(median(empty_now))
        tell(f"{_NAME}: run {run + 1} of {ground.sizes.runs}")
    return ours, empty


def _starts(count: int, kiosk: BenchKiosk) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    empty: list[float] = []
    sides: list[tuple[list[float], Callable[[], float]]] = [
        (ours, lambda: start_ui(kiosk)),
        (empty, start_empty),
    ]
    for number in range(count):
        for times, start in sides if number % 2 else reversed(sides):
            times.append(start())
    return ours, empty


def start_ui(kiosk: BenchKiosk) -> float:
    """Return the seconds until the first digit of a PIN is shown, as a dot."""
    with ui_at(kiosk.ui_socket) as screen:
        screen.shows("Who is at this kiosk?")
        screen.send("2")
        return screen.shows("•") - screen.began


def start_empty() -> float:
    """Return the seconds until the empty app has shown a digit."""
    with pty_screen([sys.executable, "-m", "benchmarks.empty_app"]) as screen:
        screen.shows(READY)
        screen.send("2")
        return screen.shows(said("2")) - screen.began
