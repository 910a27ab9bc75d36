"""Shows releases, where they can be shown, and judges what was seen."""

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

import aiohttp
from rich.console import Console
from rich.table import Table
from rich.text import Text

from demo.glass import RefusedError
from demo.layout import FolderTakenError, Layout
from demo.ledger_watch import LedgerError, LedgerWatch
from demo.playing import INTERRUPTED, end_once, leaves
from demo.processes import ProcessError
from demo.releases.cloud import Cloud
from demo.releases.desk import Desk
from demo.releases.host import Host
from demo.releases.images import ImageError, Images, forget_images, make_images, registry_in
from demo.releases.judging import Claim, judge
from demo.releases.missing import missing, this_machine
from demo.releases.records import Ledger, Run
from demo.releases.story import Stage, Story
from demo.releases.watching import EcsWatch, Glances, in_order
from demo.terminal import ScreenError
from demo.till import Till

WELL: Final = 0
NOT_PLAYED: Final = 1
NOT_WELL: Final = 2
_FORESEEN: Final = (
    ImageError,
    ScreenError,
    ProcessError,
    RefusedError,
    LedgerError,
    TimeoutError,
    aiohttp.ClientError,
    OSError,
)


class Narrator:
    """Says what happens, with the seconds since the beginning."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.act = ""
        self._began = time.monotonic()

    def begin_act(self, words: str) -> None:
        """Say what is played now."""
        self.act = words
        self._print(words, "bold")

    def say(self, words: str) -> None:
        """Say how it goes."""
        self._print(f"  {words}", "dim")

    def _print(self, words: str, style: str) -> None:
        elapsed = time.monotonic() - self._began
        self.console.print(
            Text.assemble((f"{elapsed:>5.1f} s  ", "dim"), (words, style)), soft_wrap=True
        )


def run_releases(layout: Layout, seed: int, *, sabotaged: bool) -> int:
    """Show releases; 0 all is well or they can't be shown here, 1 not played, 2 not well."""
    console = Console(highlight=False)
    lacks = missing(this_machine())
    if lacks:
        _not_shown(console, lacks)
        return WELL
    narrator = Narrator(console)
    absolute = Layout(layout.root.resolve())
    status = WELL
    try:
        with absolute.fresh():
            shown = partial(_shown, absolute, seed, narrator, sabotaged=sabotaged)
            status = asyncio.run(_interruptible(shown))
    except* FolderTakenError as group:
        for error in leaves(group):
            console.print(str(error), markup=False, soft_wrap=True)
        status = NOT_PLAYED
    except* asyncio.CancelledError:
        console.print("Interrupted; every process has been ended.")
        status = INTERRUPTED
    except* _FORESEEN as group:
        console.print(f"\nReleases could not be shown to the end. It stopped at: {narrator.act}")
        for error in leaves(group):
            console.print(str(error) or repr(error), markup=False, soft_wrap=True)
        console.print(f"Logs of the processes: {absolute.logs}")
        status = NOT_PLAYED
    return status


async def _interruptible(playing: Callable[[], Awaitable[int]]) -> int:
    task = asyncio.ensure_future(playing())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, end_once, task)
    return await task


async def _shown(layout: Layout, seed: int, narrator: Narrator, *, sabotaged: bool) -> int:
    with tempfile.TemporaryDirectory(prefix="releases-") as name:
        scratch = Path(name)
        async with registry_in(scratch) as port:
            narrator.begin_act("Building three images of the kiosk UI: r-1, r-2, one that ends")
            images = await make_images(port, scratch / "next", narrator.say)
            try:
                seen = await _played(layout, seed, images, narrator, sabotaged=sabotaged)
            finally:
                await forget_images(images)
    narrator.begin_act("Everything has ended; what was seen is judged")
    return verdict(judge(await seen(layout, narrator.console)), narrator.console)


_Seen = Callable[[Layout, Console], Awaitable[Run]]


async def _played(
    layout: Layout, seed: int, images: Images, narrator: Narrator, *, sabotaged: bool
) -> _Seen:
    """Play it; return what makes its evidence whole once nothing runs any more."""
    narrator.begin_act("Starting the region, ticket API, fleet service, and two venue hosts")
    async with AsyncExitStack() as stack:
        cloud = await stack.enter_async_context(Cloud(layout, seed))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        desk = Desk(cloud, http)
        activation = await desk.open_venue()
        for release, image in images.by_release.items():
            await desk.create_release(release, image)
        hosts = [Host(kiosk, layout, cloud, images.port) for kiosk in cloud.kiosks]
        async with asyncio.TaskGroup() as group:
            for host in hosts:
                group.create_task(stack.enter_async_context(host.running(desk, activation)))
        tills = [
            Till(
                await stack.enter_async_context(host.console()),
                host.kiosk.kiosk_id,
                cloud.season,
                host.kiosk.cashier.pin,
                host.kiosk.manager.pin,
            )
            for host in hosts
        ]
        ecs = EcsWatch(desk, await desk.names())
        glances = [Glances(till.kiosk_id, till.terminal) for till in tills]
        ledger = LedgerWatch(cloud.ticket_api_url, cloud.ops_token)
        story = Story(desk, Stage(hosts, tills, sabotaged), ecs, narrator)
        async with asyncio.TaskGroup() as group:
            runs = (ecs.run, ledger.run, *(one.run for one in glances))
            watching = [group.create_task(run()) for run in runs]
            await story.all_acts()
            recorded = sum(till.recorded for till in tills)
            await ledger.until(recorded)
            for task in watching:
                task.cancel()
        figures = ledger.latest

    async def seen(layout: Layout, console: Console) -> Run:
        return Run(
            canary=tills[0].kiosk_id,
            other=tills[1].kiosk_id,
            outage=story.outage,
            told=ecs.changes,
            tasks=story.tasks,
            to_next=story.to_next,
            to_bad=story.to_bad,
            sales=story.sales,
            shown=in_order([one.seen for one in glances]),
            ledger=Ledger(recorded, figures.settled, figures.quarantined),
            verifier=await _verified(layout, console),
        )

    return seen


async def _verified(layout: Layout, console: Console) -> int:
    """Have the verifier judge journals, terminals and the ticket API's store; print what is off."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "verifier", str(layout.root)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    if process.returncode:
        console.print(out.decode(errors="replace"), markup=False, soft_wrap=True)
    return process.returncode or 0


def verdict(claims: Sequence[Claim], console: Console) -> int:
    """Print every claim with its verdict; return the exit status."""
    console.print(_table(claims))
    return WELL if all(one.is_so for one in claims) else NOT_WELL


def _table(claims: Sequence[Claim]) -> Table:
    table = Table(title="Releases", title_justify="left", show_lines=False)
    for title in ("", "claim", "what was seen"):
        table.add_column(title)
    for one in claims:
        mark = Text("✓", "green") if one.is_so else Text("✗", "red")
        table.add_row(mark, Text(one.words), Text(one.against or one.evidence))
    return table


def _not_shown(console: Console, lacks: Sequence[str]) -> None:
    console.print("Releases are not shown here: they take real containers. What is missing:")
    for one in lacks:
        console.print(f"  - {one}", markup=False, soft_wrap=True)
