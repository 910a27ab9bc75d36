"""How many keys the common sale takes: two adults for the current event, exact cash, printed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from benchmarks.bench import Ground, tell
from benchmarks.kiosk import BenchKiosk, kiosk_in, no_line, stock_up
from benchmarks.pty_screen import PtyScreen
from benchmarks.rows import Row, at_most, compare
from benchmarks.till_screen import shows_quantity, sign_in, ui_at

_NAME: Final = "six_keys"
_LIMIT: Final = 6
_TICKETS: Final = 2
_CUT: Final = b"\x1dV"
"""What ends each sheet in ESC/POS."""
_PRINTED_WITHIN_S: Final = 30
_LOOKS_EVERY_S: Final = 0.05


class NotPrintedError(Exception):
    """The tickets of a sale did not come out of the printer."""


async def six_keys(ground: Ground) -> Sequence[Row]:
    """Count the keys of sales, from Events at rest to their tickets on paper."""
    paper = ground.folder / "paper"
    paper.touch()
    counts: list[float] = []
    with no_line() as fleet_url, kiosk_in(ground.new("kiosk"), fleet_url) as kiosk:
        async with kiosk.journal() as journal:
            await stock_up(journal, _TICKETS * ground.sizes.runs)
        async with kiosk.agent(printer=f"file:{paper}"):
            counts += await _sell_each(ground, kiosk, paper)
    limits = [float(_LIMIT)] * len(counts)
    name = "the six that the sale may take"
    return [compare(_NAME, "keys", counts, limits, baseline_name=name, target=at_most(1))]


async def _sell_each(ground: Ground, kiosk: BenchKiosk, paper: Path) -> list[int]:
    counts = []
    with ui_at(kiosk.ui_socket) as screen:
        await asyncio.to_thread(sign_in, screen)
        for run in range(ground.sizes.runs):
            counts.append(await asyncio.to_thread(sell_two, screen))
            await asyncio.to_thread(_until_printed, paper, _TICKETS * (run + 1))
            await asyncio.to_thread(_leave, screen)
            tell(f"{_NAME}: sale {run + 1} printed after {counts[-1]} keys")
    return counts


def sell_two(screen: PtyScreen) -> int:
    """Sell two adults for exact cash, key by key; return how many were pressed."""
    pressed = 0

    def press(key: str, shown: str) -> None:
        nonlocal pressed
        screen.send(key)
        pressed += 1
        screen.shows(shown)

    press("f2", "0 tickets")
    press("2", "2 tickets")
    screen.until(lambda text: shows_quantity(text, _TICKETS), "two adults")
    press("enter", "F7 Complimentary")
    press("enter", f"Ticket 1 of {_TICKETS}")
    screen.shows("recorded offline")
    return pressed


def _until_printed(paper: Path, sheets: int) -> None:
    give_up = monotonic() + _PRINTED_WITHIN_S
    while (printed := paper.read_bytes().count(_CUT)) < sheets:
        if monotonic() > give_up:
            raise NotPrintedError(f"{printed} of {sheets} tickets are on paper")
        sleep(_LOOKS_EVERY_S)


def _leave(screen: PtyScreen) -> None:
    screen.send("escape")
    screen.shows("F10 sign out")
