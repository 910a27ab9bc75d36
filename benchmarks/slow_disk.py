"""A disk whose every fsync takes 5 ms: a preloaded shim, for both sides alike (needs `cc`)."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

SLOWED_BY_S: Final = 0.005
_SOURCE: Final = Path(__file__).with_name("slow_fsync.c")


class NotSlowError(Exception):
    """The disk is faster than it can be with the shim; so the shim was not in force."""


async def compile_shim(folder: Path) -> Path:
    """Compile what slows fsync down; return the library to preload."""
    shim = folder / "slow_fsync.so"
    await run("cc", "-shared", "-fPIC", "-O2", "-o", str(shim), str(_SOURCE), "-ldl")
    return shim


@contextmanager
def slowed(shim: Path) -> Iterator[None]:
    """Let every process that is started within have slow syncs; not this one."""
    with patch.dict(os.environ, LD_PRELOAD=str(shim)):
        yield


def check_slowed(seconds_a_commit: float) -> None:
    """Raise NotSlowError if a commit took less than its sync must."""
    if seconds_a_commit < SLOWED_BY_S:
        found = f"{seconds_a_commit * 1000:.1f} ms"
        raise NotSlowError(f"a commit took {found}, each with a sync of 5 ms")


async def run(*argv: str) -> bytes:
    """Run a command; return what it printed."""
    process = await asyncio.create_subprocess_exec(*argv, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{argv[0]} ended with status {process.returncode}")
    return output
