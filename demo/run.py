"""Plays one run from an empty folder to stopped processes; the verifier judges it afterwards."""

import asyncio
import signal
from collections.abc import Iterator
from random import Random
from typing import Final

import aiohttp
from rich.console import Console

from demo.evidence import NothingToSpoilError
from demo.layout import FolderTakenError, Layout
from demo.ledger_watch import LedgerError, LedgerWatch
from demo.line_control import LineControlError
from demo.live import Board
from demo.plan import make_plan
from demo.processes import ProcessError
from demo.scenario import Play, open_tills
from demo.stack import Sabotage, Stack
from demo.terminal import ScreenError
from demo.till import RefusedError
from demo.timeline import Timeline

_FORESEEN: Final = (
    ScreenError,
    ProcessError,
    RefusedError,
    LineControlError,
    LedgerError,
    NothingToSpoilError,
    aiohttp.ClientError,
    OSError,
)
"""What can keep a run from being played to its end."""
INTERRUPTED: Final = 130


def run(layout: Layout, seed: int, sabotage: Sabotage | None) -> int:
    """Play the main job; 0 if it was played to its end, whatever the verifier will say."""
    console = Console(highlight=False)
    try:
        with layout.fresh():
            return _run(layout, seed, sabotage, console)
    except FolderTakenError as error:
        console.print(str(error), soft_wrap=True)
        return 2


def _run(layout: Layout, seed: int, sabotage: Sabotage | None, console: Console) -> int:
    timeline = Timeline(layout.timeline)
    title = f"EventPro's main job, seed {seed}" + (f", BREAK={sabotage}" if sabotage else "")
    board = Board(console, timeline, title)
    status = 0
    try:
        asyncio.run(_interruptible(layout, seed, sabotage, board))
    except* asyncio.CancelledError:
        console.print("Interrupted; every process has been ended.")
        status = INTERRUPTED
    except* _FORESEEN as group:
        _explain(console, group, board, layout)
        status = 1
    finally:
        timeline.close()
    return status


async def _interruptible(
    layout: Layout, seed: int, sabotage: Sabotage | None, board: Board
) -> None:
    """Play; Ctrl-C and SIGTERM cancel it, so that everything is ended in order."""
    playing = asyncio.create_task(_play(layout, seed, sabotage, board))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    await playing


async def _play(layout: Layout, seed: int, sabotage: Sabotage | None, board: Board) -> None:
    board.begin_act("start", "Starting ticket API, fleet service, line and two kiosks' agents")
    async with Stack(layout, seed, sabotage) as stack:
        plan = make_plan(seed, stack.season, Random(f"plan {seed}"))
        watch = LedgerWatch(stack.ticket_api_url, stack.ops_token)
        async with open_tills(stack, layout) as tills:
            board.tills, board.watch = tills, watch
            drawing = asyncio.create_task(board.run())
            reading = asyncio.create_task(watch.run())
            try:
                await Play(stack, board, watch, plan, tills).all_acts()
            finally:
                for task in (drawing, reading):
                    task.cancel()
                await asyncio.gather(drawing, reading, return_exceptions=True)
    for line in stack.unclean:
        board.console.print(f"note: {line}")


def _explain(
    console: Console, group: BaseExceptionGroup[BaseException], board: Board, layout: Layout
) -> None:
    console.print(f"\nThe run could not be played to its end. It stopped at: {board.act}")
    for error in _leaves(group):
        console.print(str(error) or repr(error), markup=False, soft_wrap=True)
    console.print(
        f"Logs of the processes: {layout.logs}; what the tills showed: {layout.terminals}"
    )


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
