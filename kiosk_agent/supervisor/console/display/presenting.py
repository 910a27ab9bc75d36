"""Runs the full-screen terminal and shows the kiosk in it; again when it ends, until it can't."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import structlog

from kiosk_agent.supervisor.console.display.lent import Borrower, NotLentError, borrowing
from kiosk_agent.supervisor.console.display.stage import Stage
from kiosk_agent.supervisor.console.terminal import Terminal, raw_terminal
from kiosk_agent.waiting import first_of

QUICK_S: Final = 30
"""Whatever ended sooner than this was no display to stand before."""
TRIES: Final = 3
_LENT_WITHIN_S: Final = 30
_ENDS_WITHIN_S: Final = 5
_LOOK_S: Final = 1
_ACTIVE: Final = Path("/sys/class/tty/tty0/active")
_log: Final = structlog.get_logger()

Show = Callable[[Terminal], Coroutine[Any, Any, None]]


async def present(stage: Stage, own_tty: str, show: Show) -> str:
    """Show the kiosk on the display. Returns why it no longer can: three quick ends in a row."""
    loop = asyncio.get_running_loop()
    quick, why = 0, ""
    while quick < TRIES:
        while not in_front(own_tty, _ACTIVE):  # noqa: ASYNC110 - the kernel's, which tells nobody
            # The display takes the screen that is in front: never a technician's at the login.
            await asyncio.sleep(_LOOK_S)
        began = loop.time()
        why = await _once(stage, show)
        quick = quick + 1 if loop.time() - began < QUICK_S else 0
        _log.warning("console_display_ended", why=why, quick_ends=quick)
        await asyncio.sleep(stage.pause_s)
    return why


def in_front(own_tty: str, active: Path) -> bool:
    """Say whether our screen is the one that people see; also where the kernel has no screens."""
    name = own_tty.removeprefix("/dev/")
    if not (name.startswith("tty") and name[3:].isdigit()):
        return True
    try:
        return active.read_text().strip() == name
    except OSError:
        return True


async def _once(stage: Stage, show: Show) -> str:
    """Start it and show the kiosk until it ends; return why it did."""
    try:
        async with borrowing(stage) as borrower:
            cage = await _start(stage)
            try:
                return await _use(cage, borrower, show)
            finally:
                await _end(cage)
    except OSError as error:
        return f"it failed: {error}"


async def _use(cage: asyncio.subprocess.Process, borrower: Borrower, show: Show) -> str:
    ended = asyncio.create_task(cage.wait())
    lent = asyncio.create_task(borrower.borrow())
    using: asyncio.Task[None] | None = None
    try:
        await asyncio.wait(
            {ended, lent}, timeout=_LENT_WITHIN_S, return_when=asyncio.FIRST_COMPLETED
        )
        if ended.done():
            return f"cage ended with {ended.result()}"
        if not lent.done():
            return f"no terminal came up within {_LENT_WITHIN_S} s"
        using = asyncio.create_task(_show(lent.result(), borrower, show))
        await asyncio.wait({ended, using}, return_when=asyncio.FIRST_COMPLETED)
        if using.done():
            using.result()
        return f"cage ended with {ended.result()}" if ended.done() else "its terminal is gone"
    except NotLentError as error:
        return str(error)
    finally:
        tasks = [task for task in (ended, lent, using) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _show(lent: int, borrower: Borrower, show: Show) -> None:
    """Show the kiosk on the lent terminal until that is gone, or its lender."""
    gone = asyncio.Event()
    with raw_terminal(lent, lent, gone.set) as terminal:
        await first_of(show(terminal), borrower.follow(terminal.size_changed), gone.wait())


async def _start(stage: Stage) -> asyncio.subprocess.Process:
    # Not ours to write to: our standard output is the screen behind the display.
    said = sys.stderr.fileno()
    return await asyncio.create_subprocess_exec(
        *stage.command(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=said,
        stderr=said,
        env=stage.environment(os.environ),
        cwd="/",
        start_new_session=True,
        umask=0o077,
        **stage.identity(),
    )


async def _end(cage: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        cage.terminate()
    try:
        await asyncio.wait_for(cage.wait(), _ENDS_WITHIN_S)
    except TimeoutError:
        cage.kill()
        await cage.wait()
