"""From a key to its picture in the sell screen, against a Textual app that only echoes keys."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from random import Random
from time import sleep
from typing import Final

from benchmarks.bench import Ground, tell
from benchmarks.empty_app import READY, said
from benchmarks.kiosk import BenchKiosk, kiosk_in, no_line, stock_up
from benchmarks.pty_screen import PtyScreen, pty_screen
from benchmarks.rows import Row, at_most, compare, no_more_than, percentile
from benchmarks.till_screen import is_at_rest, open_sell, shows_quantity, sign_in, ui_at

BASELINE: Final = "an empty Textual app that echoes a key"
_NAME: Final = "key_to_paint"
_MS: Final = 1000
_STOCK: Final = 200
_PAUSES_S: Final = (0.03, 0.09)
"""Between two keys, so that they meet Textual's sixtieths of a second anywhere."""


async def key_to_paint(ground: Ground) -> Sequence[Row]:
    """Measure digits that set a quantity, with a real agent behind, one key after the other."""
    with no_line() as fleet_url, kiosk_in(ground.new("kiosk"), fleet_url) as kiosk:
        async with kiosk.journal() as journal:
            await stock_up(journal, _STOCK)
        async with kiosk.agent():
            ours, empty = await asyncio.to_thread(_in_turn, ground, kiosk)
    return [
        compare(
            name,
            "ms",
            [percentile(times, percent) * _MS for times in ours],
            [percentile(times, percent) * _MS for times in empty],
            baseline_name=BASELINE,
            target=target,
        )
        for name, percent, target in (
            (_NAME, 99, at_most(2)),
            (f"{_NAME}.ms", 99, no_more_than(30, "ms")),
        )
    ]


def _in_turn(ground: Ground, kiosk: BenchKiosk) -> tuple[list[list[float]], list[list[float]]]:
    """Return the seconds of each key of each run, ours and the empty app's."""
    ours: list[list[float]] = []
    empty: list[list[float]] = []
    argv = [sys.executable, "-m", "benchmarks.empty_app"]
    with ui_at(kiosk.ui_socket) as till, pty_screen(argv) as echo:
        sign_in(till)
        open_sell(till)
        echo.shows(READY)
        sell_keys(till, 1, Random(0))
        echo_keys(echo, 1, Random(0))
        for run in range(ground.sizes.runs):
            for side in (0, 1) if run % 2 else (1, 0):
                if side:
                    ours.append(sell_keys(till, ground.sizes.keys, Random(run)))
                else:
                    empty.append(echo_keys(echo, ground.sizes.keys, Random(run)))
            tell(f"{_NAME}: run {run + 1} of {ground.sizes.runs}")
    return ours, empty


def sell_keys(till: PtyScreen, count: int, random: Random) -> list[float]:
    """Set a quantity by a digit, then to nothing by Backspace; return the seconds of each key."""
    times = []
    for _ in range(count):
        for key, quantity in ((str(digit := random.randint(1, 9)), digit), ("backspace", 0)):
            sleep(random.uniform(*_PAUSES_S))
            written = till.send(key)
            seen = till.until(partial(shows_quantity, quantity=quantity), f"{quantity} adults")
            times.append(seen - written)
            # The next key comes when the agent has answered, as a person waits for the total.
            till.until(is_at_rest, "the agent's answer")
    return times


def echo_keys(echo: PtyScreen, count: int, random: Random) -> list[float]:
    """Press as many keys that are echoed; return the seconds of each."""
    times = []
    for _ in range(count):
        for key in (str(random.randint(1, 9)), "backspace"):
            sleep(random.uniform(*_PAUSES_S))
            written = echo.send(key)
            times.append(echo.shows(said(key)) - written)
    return times
