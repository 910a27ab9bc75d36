"""What a sale costs with a million settled transactions behind it, against an empty journal."""

import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.bench import Ground, tell
from benchmarks.kiosk import kiosk_in, no_line
from benchmarks.old_journal import old_journal
from benchmarks.rows import Row, at_most, compare, percentile
from benchmarks.till import Till, till_at

_MS: Final = 1000
_UNSOLD: Final = 3000
_PLACES: Final = ("old", "empty")


async def journal_size(ground: Ground) -> Sequence[Row]:
    """Sell at two kiosks in turn: cart, payment and sale, as a customer waits for them."""
    times: dict[str, list[float]] = {name: [] for name in _PLACES}
    sizes = ground.sizes
    settled = {"old": sizes.settled, "empty": 0}
    async with AsyncExitStack() as stack:
        tills = {
            name: await stack.enter_async_context(
                _till(ground, name, await old_journal(ground.cache, settled[name], _UNSOLD))
            )
            for name in _PLACES
        }
        for run in range(sizes.runs):
            for name in _PLACES if run % 2 else reversed(_PLACES):
                each = [await _sell(tills[name]) for _ in range(sizes.sales)]
                times[name].append(percentile(each, 50) * _MS)
            tell(f"journal_size: run {run + 1} of {sizes.runs}")
    return [
        compare(
            "journal_size",
            "ms",
            times["old"],
            times["empty"],
            baseline_name="the same with an empty journal",
            target=at_most(1.2),
        )
    ]


@asynccontextmanager
async def _till(ground: Ground, name: str, journal: Path) -> AsyncIterator[Till]:
    with no_line() as fleet_url, kiosk_in(ground.new(name), fleet_url) as kiosk:
        kiosk.journal_path.parent.mkdir()
        _copy(journal, kiosk.journal_path)
        async with kiosk.agent() as _, till_at(kiosk.ui_socket) as till:
            await till.sign_in()
            yield till


def _copy(source: Path, target: Path) -> None:
    """Copy, and wait until the copy is on the disk: writing it back must not slow down sales."""
    shutil.copyfile(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


async def _sell(till: Till) -> float:
    began = perf_counter()
    await till.sell(await till.ring_up())
    return perf_counter() - began
