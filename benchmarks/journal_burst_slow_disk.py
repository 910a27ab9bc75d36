"""The burst where every fsync takes 5 ms: group commit against one commit each."""

import json
import sys
from collections.abc import Sequence

from benchmarks import slow_disk
from benchmarks.bench import Ground, tell
from benchmarks.rows import Row, at_least, compare


async def journal_burst_slow_disk(ground: Ground) -> Sequence[Row]:
    """Measure bursts with a preloaded shim that slows fsync down, for both sides alike."""
    ours: list[float] = []
    bare: list[float] = []
    with slow_disk.slowed(await slow_disk.compile_shim(ground.folder)):
        for run in range(ground.sizes.runs):
            folder, count = str(ground.new(str(run))), str(ground.sizes.slow_burst)
            rates = json.loads(
                await slow_disk.run(sys.executable, "-m", "benchmarks.burst", folder, count)
            )
            slow_disk.check_slowed(1 / rates[1])
            ours.append(float(rates[0]))
            bare.append(float(rates[1]))
            tell(f"journal_burst_slow_disk: run {run + 1} of {ground.sizes.runs}")
    name = "the same rows, one commit each, fsync 5 ms slower"
    return [
        compare(
            "journal_burst_slow_disk",
            "acks/s",
            ours,
            bare,
            baseline_name=name,
            target=at_least(20),
        )
    ]
