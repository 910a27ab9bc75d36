"""The real agent with one thing about it that a test needs.

`python -m tests.support.odd_agents ODDITY --config agent.toml` runs `kiosk_agent.runtime` itself;
only a port or the clock is wrapped.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from pydantic import JsonValue

from kiosk_agent import log, runtime
from kiosk_agent.ports.fleet import Fleet
from kiosk_agent.ports.journal import Journal, JournalWriter
from kiosk_agent.settings import AgentSettings, load_settings
from kiosk_contracts.uploads import ItemOutcome
from tests.support.clock import FakeClock

T = TypeVar("T")

SWITCH = "odd"
"""The file in the kiosk's folder that switches an oddity on."""


class _Wrapped:
    """Passes on all that it does not change."""

    def __init__(self, inner: Any, switch: Path) -> None:
        self._inner = inner
        self._switch = switch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class DiesBeforeMarking(_Wrapped):
    """A Fleet whose process ends when the answer to an upload has been read."""

    async def upload(self, journal_id: UUID, items: Sequence[JsonValue]) -> Sequence[ItemOutcome]:
        outcomes: Sequence[ItemOutcome] = await self._inner.upload(journal_id, items)
        if self._switch.exists():
            os.kill(os.getpid(), signal.SIGKILL)
        return outcomes


class StopsInASale(_Wrapped):
    """A Journal that gets SIGTERM once a sale has come, and lets the workers stop before it."""

    async def write(self, work: Callable[[JournalWriter], T]) -> T:
        if self._switch.exists() and "Selling.sell" in work.__qualname__:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait([one for one in asyncio.all_tasks() if one.get_name() == "upload"])
        return await self._inner.write(work)  # type: ignore[no-any-return]


class FullDisk(_Wrapped):
    """A Journal whose file can't grow while it is switched on: SQLite itself says SQLITE_FULL."""

    async def write(self, work: Callable[[JournalWriter], T]) -> T:
        most = 1 if self._switch.exists() else 1 << 30

        def bounded(writer: JournalWriter) -> T:
            # SQLite takes a bound below the file's size as its size.
            writer._connection.execute(f"PRAGMA max_page_count = {most}")  # type: ignore[attr-defined]
            return work(writer)

        return await self._inner.write(bounded)  # type: ignore[no-any-return]


async def run_by_fake_clock(settings: AgentSettings) -> None:
    """Run by a FakeClock; obey lines of standard input.

    `advance SECONDS` lets time pass; `modules` prints the names of all modules as JSON.
    """
    clock = FakeClock()
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)

    async def obey() -> None:
        async for line in commands:
            match line.decode().split():
                case ["advance", seconds]:
                    clock.advance(float(seconds))
                case ["modules"]:
                    sys.stdout.write(json.dumps(sorted(sys.modules)) + "\n")
                    sys.stdout.flush()

    obeying = asyncio.create_task(obey())
    await runtime.run(settings, clock=clock)
    obeying.cancel()


def main(arguments: Sequence[str]) -> None:
    """Run one odd agent."""
    oddity, _, config = arguments
    settings = load_settings(Path(config))
    log.configure(settings.log_level)
    switch = settings.state_dir.parent / SWITCH

    def wrap(kind: type[_Wrapped]) -> Callable[[Any], Any]:
        return lambda inner: kind(inner, switch)

    match oddity:
        case "dies-before-marking":
            wrapped: Callable[[Fleet], Fleet] = wrap(DiesBeforeMarking)
            running = runtime.run(settings, wrap_fleet=wrapped)
        case "stops-in-a-sale":
            stopping: Callable[[Journal], Journal] = wrap(StopsInASale)
            running = runtime.run(settings, wrap_journal=stopping)
        case "full-disk":
            full: Callable[[Journal], Journal] = wrap(FullDisk)
            running = runtime.run(settings, wrap_journal=full)
        case "fake-clock":
            running = run_by_fake_clock(settings)
        case _:
            raise ValueError(oddity)
    asyncio.run(running)


if __name__ == "__main__":
    main(sys.argv[1:])
