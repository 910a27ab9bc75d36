"""Plays a story from an empty folder to stopped processes; the verifier judges it afterwards."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import aiohttp
from rich.console import Console

from demo.evidence import NothingToSpoilError
from demo.glass import RefusedError
from demo.layout import FolderTakenError, Layout
from demo.ledger_watch import LedgerError, LedgerWatch
from demo.line_control import LineControlError
from demo.live import Board
from demo.processes import ProcessError
from demo.stack import Stack
from demo.stage import open_tills
from demo.terminal import ScreenError
from demo.till import Till
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


Story: TypeAlias = Callable[[Stack, Board, LedgerWatch, Sequence[Till]], Awaitable[None]]
"""All acts of a story, on a stack that is up, with a UI open at each kiosk."""


def play(layout: Layout, title: str, make_stack: Callable[[], Stack], story: Story) -> int:
    """Play a story; 0 if it was played to its end, whatever the verifier will say."""
    console = Console(highlight=False)
    try:
        with layout.fresh():
            timeline = Timeline(layout.timeline)
            try:
                return _explained(
                    Board(console, timeline, title), layout, _staged(layout, make_stack, story)
                )
            finally:
                timeline.close()
    except FolderTakenError as error:
        console.print(str(error), soft_wrap=True)
        return 2


def _explained(board: Board, layout: Layout, staged: Callable[[Board], Awaitable[None]]) -> int:
    """Play it, and say to the person what kept it from its end."""
    status = 0
    try:
        asyncio.run(_interruptible(staged, board))
    except* asyncio.CancelledError:
        board.console.print("Interrupted; every process has been ended.")
        status = INTERRUPTED
    except* _FORESEEN as group:
        _explain(board.console, group, board, layout)
        status = 1
    return status


async def _interruptible(staged: Callable[[Board], Awaitable[None]], board: Board) -> None:
    """Play; Ctrl-C, SIGTERM and SIGHUP cancel it, so that everything is ended in order."""
    playing = asyncio.ensure_future(staged(board))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    await playing


def _staged(
    layout: Layout, make_stack: Callable[[], Stack], story: Story
) -> Callable[[Board], Awaitable[None]]:
    async def staged(board: Board) -> None:
        board.begin_act("start", "Starting ticket API, fleet service, line and the kiosks' agents")
        async with make_stack() as stack:
            watch = LedgerWatch(stack.ticket_api_url, stack.ops_token)
            async with open_tills(stack, layout) as tills:
                board.tills, board.watch = tills, watch
                drawing = asyncio.create_task(board.run())
                reading = asyncio.create_task(watch.run())
                try:
                    await story(stack, board, watch, tills)
                finally:
                    for task in (drawing, reading):
                        task.cancel()
                    await asyncio.gather(drawing, reading, return_exceptions=True)
        for line in stack.unclean:
            board.console.print(f"note: {line}")

    return staged


def _explain(
    console: Console, group: BaseExceptionGroup[BaseException], board: Board, layout: Layout
) -> None:
    console.print(f"\nThe run could not be played to its end. It stopped at: {board.act}")
    for error in leaves(group):
        console.print(str(error) or repr(error), markup=False, soft_wrap=True)
    console.print(
        f"Logs of the processes: {layout.logs}; what the tills showed: {layout.terminals}"
    )


def end_once(task: asyncio.Future[Any]) -> None:
    """Cancel a task; a second signal does not break off what the first one has end in order."""
    if isinstance(task, asyncio.Task) and not task.cancelling():
        task.cancel()


def leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """Return the errors of a group, and of the groups in it."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from leaves(error)
        else:
            yield error
