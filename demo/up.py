"""Brings the stack up for a person, with a kiosk's UI in this terminal or in a browser."""

import asyncio
import signal
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from demo.layout import FolderTakenError, Layout
from demo.processes import ProcessError
from demo.stack import Stack
from demo.terminal import python_module

_INTERRUPTED = 130


def up(layout: Layout, seed: int, web_port: int | None) -> int:
    """Start everything, open a kiosk, and end everything when the person leaves it."""
    console = Console(highlight=False)
    if web_port is None and not sys.stdin.isatty():
        console.print("The kiosk needs a terminal; use --web for a browser.")
        return 2
    try:
        with layout.fresh():
            return asyncio.run(_interruptible(layout, seed, web_port, console))
    except (FolderTakenError, ProcessError, OSError) as error:
        console.print(str(error), markup=False)
        return 1
    except asyncio.CancelledError:
        return _INTERRUPTED


async def _interruptible(layout: Layout, seed: int, web_port: int | None, console: Console) -> int:
    """Serve the person; Ctrl-C, SIGTERM and a terminal that is closed end everything in order."""
    serving = asyncio.create_task(_up(layout, seed, web_port, console))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    return await serving


async def _up(layout: Layout, seed: int, web_port: int | None, console: Console) -> int:
    console.print("Starting ticket API, fleet service, line and two kiosks' agents …")
    async with Stack(layout, seed) as stack:
        console.print(_people(stack))
        console.print(_what_to_do(stack, layout.root), markup=False)
        if web_port is None:
            await asyncio.to_thread(input, "Press Enter to open the kiosk here. ")
            argv = python_module("kiosk_ui", *_ui_options(stack, 0))
        else:
            argv = python_module("kiosk_ui.web", *_ui_options(stack, 0), "--port", str(web_port))
        return await _until_left(argv)


async def _until_left(argv: list[str]) -> int:
    """Run the UI on this terminal until the person leaves it."""
    process = await asyncio.create_subprocess_exec(*argv)
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


def _ui_options(stack: Stack, number: int) -> list[str]:
    kiosk = stack.kiosks[number]
    return ["--socket", str(stack.ui_socket(kiosk)), "--gate", f"Gate {kiosk.kiosk_code}"]


def _people(stack: Stack) -> Table:
    table = Table(title="Who works here")
    for title in ("kiosk", "cashier", "PIN", "manager", "PIN"):
        table.add_column(title)
    for kiosk in stack.kiosks:
        cashier, manager = kiosk.cashier, kiosk.manager
        table.add_row(kiosk.kiosk_id, cashier.name, cashier.pin, manager.name, manager.pin)
    return table


def _what_to_do(stack: Stack, folder: Path) -> str:
    option = "" if folder == Path(".kiosk") else f" --dir {folder}"
    second = " ".join(_ui_options(stack, 1)[:2])
    python = Path(sys.executable)
    shown = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    return (
        "In a second terminal:\n"
        f"  {shown} -m demo line cut{option}       the line goes down; sell on\n"
        f"  {shown} -m demo line restore{option}   it comes back; the journal drains\n"
        f"  {shown} -m kiosk_ui {second}   the second kiosk\n"
        "Leave the kiosk with Ctrl-Q; everything is ended then.\n"
    )
