"""The kiosk's screen in Docker: how soon it is back, how it is handed over, what it costs.

`make bench ONLY=screen` runs it, as root, with Docker: the real image, supervisor and console. It
is no part of `make bench` without ONLY.
"""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

import psutil
from rich.console import Console

from benchmarks.bench import tell
from benchmarks.report import print_table, write_results
from benchmarks.rows import Row, at_most, compare, no_more_than
from demo.terminal import Terminal
from tests.support.agent_process import AgentProcess
from tests.support.containers.docker import away, container, inspect
from tests.support.containers.images import built
from tests.support.containers.registry import registry_in
from tests.support.containers.supervised import SupervisedKiosk, supervised
from tests.support.containers.venue_kiosk import VenueKiosk, venue_kiosk
from tests.support.systemctl import StandInSystemctl

_RUNS: Final = 5
_WATCH_S: Final = 120
"""Longer than the pauses between two looks at units, clock and Systems Manager's log."""
_MIB: Final = 1024 * 1024
_WITHIN_S: Final = 60
_SIGN_IN: Final = "Who is at this kiosk?"
_TYPED: Final = "•"
_DIGITS: Final = 12
_BETWEEN_S: Final = 0.05
_LIBRARIES: Final = """
import sys, kiosk_ui.__main__, kiosk_ui.kiosk
print("\\n".join(sorted(n for n, m in list(sys.modules.items())
    if getattr(m, "__spec__", None) and not n.startswith("kiosk_ui") and n != "__main__")))
"""
_IMPORTS: Final = """
import importlib, sys
for name in sys.argv[1].split():
    importlib.import_module(name)
print("imported", flush=True)
sys.stdin.read()
"""


def main() -> int:
    """Measure; return 0 only if all targets are reached."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        # This machine's units are not the bench's to ask, nor to mend.
        (folder / "systemd").mkdir()
        systemd = StandInSystemctl(folder / "systemd")
        os.environ["PATH"] = f"{systemd.folder}:{os.environ['PATH']}"
        with registry_in(folder) as registry:
            tell("screen: builds the image")
            image = built("kiosk", registry).digest
            rows = asyncio.run(_measure(image, folder))
    results = Path(".bench/screen.json")
    results.parent.mkdir(exist_ok=True)
    write_results(results, rows)
    print_table(rows, Console())
    return 0 if all(row.ok for row in rows) else 1


async def _measure(image: str, folder: Path) -> Sequence[Row]:
    back: list[float] = []
    bare: list[float] = []
    moved: list[float] = []
    async with venue_kiosk(folder) as venue:
        for run in range(1, _RUNS + 1):
            # Its supervisor remembers no ends of other runs: it would pause before the next try.
            async with supervised(venue, image, folder) as kiosk, kiosk.console() as screen:
                await _answers(screen)
                back.append(await _restart(kiosk, screen))
                moved.append(await _hand_over(kiosk, screen))
            bare.append(await _first_picture(venue, image))
            tell(
                f"screen: run {run} of {_RUNS}: back in {back[-1]:.2f} s, a bare start "
                f"{bare[-1]:.2f} s, handed over in {moved[-1]:.2f} s"
            )
        watched = supervised(venue, image, folder, repairs=True)
        async with watched as kiosk, kiosk.console() as screen:
            await _answers(screen)
            costs = await _costs(kiosk, image)
    name = "docker run of the same image, to its first picture"
    return [
        compare("ui_restart", "s", back, bare, baseline_name=name, target=at_most(1.5)),
        compare("handover", "s", moved, bare, baseline_name=name, target=no_more_than(1.0, "s")),
        *costs,
    ]


async def _answers(screen: Terminal) -> float:
    """Press a key until the screen answers it; return when it did."""
    while not screen.text.count(_TYPED):
        if _SIGN_IN in screen.text:
            screen.type("1")
        with suppress(TimeoutError):
            async with asyncio.timeout(_BETWEEN_S):
                await screen.next_output()
    at = monotonic()
    for _ in range(_DIGITS):
        screen.press("backspace")
    await screen.wait_until(lambda: not screen.text.count(_TYPED), "an empty field", _WITHIN_S)
    return at


async def _restart(kiosk: SupervisedKiosk, screen: Terminal) -> float:
    """Kill the UI; return the seconds until the screen answers a key again."""
    shown = await kiosk.shown()
    began = monotonic()
    await away("kill", "--signal", "KILL", shown)
    await screen.wait_until(lambda: _SIGN_IN not in screen.text, "its end", _WITHIN_S)
    return await _answers(screen) - began


async def _hand_over(kiosk: SupervisedKiosk, screen: Terminal) -> float:
    """Let ECS's container come; return the seconds from the move until the screen answers.

    From the decision to move it until a key is answered by the next: the console has wiped the
    screen by then, so what the one before still echoes does not count.
    """
    wiped = asyncio.create_task(
        screen.wait_until(lambda: _SIGN_IN not in screen.text, "another one", _WITHIN_S)
    )
    supervisor = _process(kiosk)
    async with kiosk.ecs_ui() as ecs:
        moved = await supervisor.until_logged(
            lambda one: (
                one["event"] == "decided"
                and one["what"].startswith(f"move the screen to {ecs.name[:12]}")
                and one["outcome"] == "done"
            )
        )
        decided = datetime.fromisoformat(moved["timestamp"])
        late_s = (datetime.now(UTC) - decided).total_seconds()
        heard = monotonic()
        await wiped
        return await _answers(screen) - heard + late_s


async def _first_picture(venue: VenueKiosk, image: str) -> float:
    """Return the seconds of a bare `docker run` to its first picture."""
    began = monotonic()
    async with venue.screen(image) as screen:
        await screen.wait_for(_SIGN_IN, _WITHIN_S)
        return monotonic() - began


async def _costs(kiosk: SupervisedKiosk, image: str) -> Sequence[Row]:
    """Watch supervisor and UI while nobody does anything."""
    supervisor = psutil.Process(_process(kiosk).process.pid)
    ui = psutil.Process(inspect("container", await kiosk.shown())["State"]["Pid"])
    listed = await away("run", "--rm", "--entrypoint", "python3", image, "-c", _LIBRARIES)
    words = ("--interactive", "--entrypoint", "python3", image, "-c", _IMPORTS, listed)
    async with container(words) as alone:
        tell(f"screen: watching for {_WATCH_S} s")
        before = [_cpu_s(one) for one in (supervisor, ui)]
        await asyncio.sleep(_WATCH_S)
        shares = [
            (_cpu_s(one) - was) / _WATCH_S * 100
            for one, was in zip((supervisor, ui), before, strict=True)
        ]
        libraries = psutil.Process(inspect("container", alone.name)["State"]["Pid"])
        sizes = [one.memory_info().rss / _MIB for one in (ui, libraries)]
    core, of_core = "one core", "% core"
    return [
        compare(
            "ui_footprint",
            "MiB",
            sizes[:1],
            sizes[1:],
            baseline_name="a process that imports the same libraries",
            target=at_most(1.25),
        ),
        *(
            compare(
                name,
                of_core,
                [share],
                [100.0],
                baseline_name=core,
                target=no_more_than(most, of_core),
            )
            for name, share, most in (
                ("ui_footprint.cpu", shares[1], 1.0),
                ("supervisor_cost", shares[0], 0.5),
            )
        ),
    ]


def _process(kiosk: SupervisedKiosk) -> AgentProcess:
    if kiosk.supervisor is None:
        msg = "its supervisor does not run"
        raise RuntimeError(msg)
    return kiosk.supervisor


def _cpu_s(process: psutil.Process) -> float:
    """Return its CPU, and that of the programs that it has asked, such as systemctl."""
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


if __name__ == "__main__":
    raise SystemExit(main())
