"""`make up`: the stack for those who run venues; it runs until Ctrl+C."""

import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from rich.console import Console
from rich.table import Table

from demo.configs import write_json
from demo.layout import FolderTakenError, Layout
from demo.playing import end_once, leaves
from demo.processes import ProcessError
from demo.releases.cloud import Cloud
from demo.releases.desk import Desk
from demo.releases.host import Host
from demo.releases.images import (
    ROOT,
    ImageError,
    Images,
    forget_images,
    make_images,
    registry_in,
)
from demo.releases.missing import missing, this_machine
from demo.releases.room import environment

_SCREEN: Final = "screen.json"
"""What shows a kiosk's screen: its words and its environment."""


def operators_up(layout: Layout, seed: int, *, contained: bool = True) -> int:
    """Bring it up and keep it up; 0 once Ctrl+C has ended it, 1 if it could not be started.

    `contained`: kiosks in containers, where there can be any.
    """
    console = Console(highlight=False)
    # Rooms are entered at their root: what they are given has whole paths.
    absolute = Layout(layout.root.resolve())
    try:
        with absolute.fresh():
            return asyncio.run(_interruptible(absolute, seed, console, contained=contained))
    except* (FolderTakenError, ProcessError, ImageError, aiohttp.ClientError, OSError) as group:
        for error in leaves(group):
            console.print(str(error) or repr(error), markup=False, soft_wrap=True)
    return 1


def show_screen(layout: Layout, kiosk_id: str) -> int:
    """Show a kiosk's screen on this terminal, until Ctrl+C in it; 1 if it is not up."""
    try:
        told = json.loads((layout.kiosk(kiosk_id) / _SCREEN).read_text())
    except OSError:
        print(f"There is no kiosk {kiosk_id} up in {layout.root}: make up, first", file=sys.stderr)
        return 1
    environ = {**os.environ, **told["environment"]}
    return subprocess.run(told["words"], env=environ, check=False).returncode


async def _interruptible(layout: Layout, seed: int, console: Console, *, contained: bool) -> int:
    """Keep it up; Ctrl+C, SIGTERM and a terminal that is closed end everything in order."""
    task = asyncio.ensure_future(_up(layout, seed, console, contained=contained))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end_once, task)
    try:
        await task
    except asyncio.CancelledError:
        console.print("Everything has been ended.")
    return 0


async def _up(layout: Layout, seed: int, console: Console, *, contained: bool) -> None:
    async with AsyncExitStack() as stack:
        images = None
        if contained and _can_be_contained(console):
            console.print("Building images of the kiosk UI …")
            images = await stack.enter_async_context(_images(console))
        else:
            console.print(
                "Kiosks run without containers: the dashboard says that no kiosk UI is on their "
                "screens.",
                soft_wrap=True,
            )
        console.print("Starting the region, ticket API, fleet service and two kiosks …")
        cloud = await stack.enter_async_context(Cloud(layout, seed))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        desk = Desk(cloud, http)
        activation = await desk.open_venue()
        for release, image in (images.by_release if images else {}).items():
            await desk.create_release(release, image)
        hosts = [Host(kiosk, layout, cloud, images.port if images else 0) for kiosk in cloud.kiosks]
        async with asyncio.TaskGroup() as group:
            for host in hosts:
                group.create_task(stack.enter_async_context(host.running(desk, activation)))
        for host in hosts:
            _keep_screen(layout, host, contained=images is not None)
        _say(console, cloud, hosts, layout.root)
        if images:
            console.print(f"To be moved to, there: {', '.join(sorted(images.by_release))}.")
        console.print("It runs until Ctrl+C.")
        await asyncio.Event().wait()


def _can_be_contained(console: Console) -> bool:
    """Say what containers lack here; return whether it is nothing."""
    lacks = missing(this_machine())
    if lacks:
        console.print("For kiosks in containers this is missing:")
    for one in lacks:
        console.print(f"  - {one}", markup=False, soft_wrap=True)
    return not lacks


@asynccontextmanager
async def _images(console: Console) -> AsyncIterator[Images]:
    """Serve the images of all releases."""
    with tempfile.TemporaryDirectory(prefix="releases-") as name:
        scratch = Path(name)
        async with registry_in(scratch) as port:
            images = await make_images(port, scratch / "next", console.print)
            try:
                yield images
            finally:
                await forget_images(images)


def _keep_screen(layout: Layout, host: Host, *, contained: bool) -> None:
    """Keep what shows its screen: the console, or the kiosk UI where no container runs it."""
    kiosk = host.kiosk
    words = [sys.executable, "-m", "kiosk_ui", "--socket", str(host.ui_socket)]
    words += ["--gate", f"Gate {kiosk.kiosk_code}"]
    told = {
        "words": host.console_command() if contained else words,
        "environment": dict(environment(ROOT)),
    }
    write_json(layout.kiosk(kiosk.kiosk_id) / _SCREEN, told)


def _say(console: Console, cloud: Cloud, hosts: Sequence[Host], folder: Path) -> None:
    python = Path(sys.executable)
    shown = python.relative_to(Path.cwd()) if python.is_relative_to(Path.cwd()) else python
    table = Table(title="Who works here", title_justify="left")
    for title in ("kiosk", "cashier", "PIN", "manager", "PIN"):
        table.add_column(title)
    for kiosk in (host.kiosk for host in hosts):
        cashier, manager = kiosk.cashier, kiosk.manager
        table.add_row(kiosk.kiosk_id, cashier.name, cashier.pin, manager.name, manager.pin)
    console.print(table)
    console.print(
        f"The dashboard:   {cloud.fleet_url}/dashboard\n"
        f"Sign in with:    {cloud.operator_token}\n"
        "A kiosk's screen, in a second terminal:",
        markup=False,
        soft_wrap=True,
    )
    for host in hosts:
        words = [str(shown), "-m", "demo", "screen", host.kiosk.kiosk_id, "--dir", str(folder)]
        console.print(f"  {shlex.join(words)}", markup=False, soft_wrap=True)
