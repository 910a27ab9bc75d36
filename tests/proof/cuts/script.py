"""The run that is cut: a list of phases, each telling what it was acknowledged.

As a program it runs every phase in turn on one folder:

    python -m tests.proof.cuts.script [--synchronous NORMAL]

with PROOF_FOLDER and PROOF_MARKS in the environment. To put something else under the proof (an
export, an update), add a phase to PHASES.
"""

import argparse
import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import pytest
import structlog

from tests.proof.cuts import damaging, keeping, selling
from tests.proof.cuts.run import Run

PHASES: Final[tuple[Callable[[Run], Awaitable[None]], ...]] = (
    selling.first_start,
    selling.single_sales,
    selling.concurrent_sales,
    selling.lost_answers,
    selling.checkpoints,
    selling.cart_in_payment,
    selling.cancelled_payment,
    selling.return_of_stock,
    selling.migrations,
    keeping.sealed_reserve,
    keeping.archives,
    damaging.salvage,
    damaging.loss,
)


async def play(folder: Path, marks: Path) -> None:
    """Play all phases."""
    run = Run(folder, os.open(marks, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    for phase in PHASES:
        await phase(run)


def main() -> None:
    """Play the run on the folder that the environment names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--synchronous", choices=["FULL", "NORMAL"], default="FULL")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with pytest.MonkeyPatch.context() as patch:
        # NORMAL is a control: SQLite then answers a commit before it is on the disk.
        selling.after_connecting(patch, f"synchronous = {parser.parse_args().synchronous}")
        asyncio.run(play(Path(os.environ["PROOF_FOLDER"]), Path(os.environ["PROOF_MARKS"])))


if __name__ == "__main__":
    main()
