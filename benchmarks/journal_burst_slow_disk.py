"""The burst where every fsync takes 5 ms: group commit against one commit each."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.bench import Ground, tell
from benchmarks.rows import Row, at_least, compare

_SOURCE: Final = Path(__file__).with_name("slow_fsync.c")
_MOST_COMMITS_A_SECOND: Final = 1 / 0.005


class NotSlowError(Exception):
    """The disk is faster than it can be with the shim; so the shim was not in force."""


async def journal_burst_slow_disk(ground: Ground) -> Sequence[Row]:
    """Measure bursts with a preloaded shim that slows fsync down, for both sides alike."""
    shim = await _compile(ground.folder / "slow_fsync.so")
    ours: list[float] = []
    bare: list[float] = []
    for run in range(ground.sizes.runs):
        rates = await _burst_with(shim, ground.new(str(run)), ground.sizes.slow_burst)
        if rates[1] > _MOST_COMMITS_A_SECOND:
            raise NotSlowError(f"{rates[1]:.0f} commits a second, each with a sync of 5 ms")
        ours.append(rates[0])
        bare.append(rates[1])
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


async def _compile(shim: Path) -> Path:
    await _run("cc", "-shared", "-fPIC", "-O2", "-o", str(shim), str(_SOURCE), "-ldl")
    return shim


async def _burst_with(shim: Path, folder: Path, count: int) -> tuple[float, float]:
    argv = [sys.executable, "-m", "benchmarks.burst", str(folder), str(count)]
    ours, bare = json.loads(await _run(*argv, LD_PRELOAD=str(shim)))
    return float(ours), float(bare)


async def _run(*argv: str, **environment: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, env={**os.environ, **environment}
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{argv[0]} ended with status {process.returncode}")
    return output
