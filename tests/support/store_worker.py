"""A process that writes to a store as it is told, a line at a time.

The store is a SQLite file's path, or `dynamodb:` and a table's name.

read        answers the counter, and remembers its version
write       raises the counter if that version still holds: `written` or `refused`
count N     raises the counter N times, starting over when beaten; answers N
pairs       writes pairs without end, eight at a time; says the name of each once it is kept
"""

import asyncio
import itertools
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cloud_store.dynamodb.store import open_dynamodb
from cloud_store.places import TablePlace
from cloud_store.port import Absent, ConditionFailedError, Item, Key, Put, Store
from cloud_store.sqlite import TICKET_API, open_sqlite
from tests.support import forked
from tests.support.dynamodb import REGION
from tests.support.dynamodb import TICKET_API as DYNAMO
from tests.support.stores import change, new

BOTH: Final = ("left", "right")
_FILLING: Final = "x" * 40_000


def counter() -> Key:
    return Key("counter", "all")


def half(side: str, pid: int, name: str) -> Key:
    """Return one of the two items that are written together."""
    return Key("half", f"{side}-{pid}", name)


@dataclass
class Worker:
    """The process, and what it says."""

    process: forked.Forked

    @property
    def pid(self) -> int:
        return self.process.pid

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())

    async def hear(self) -> str:
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        assert line, "the worker has ended"
        return line.decode().strip()

    async def ask(self, line: str) -> str:
        self.say(line)
        return await self.hear()

    async def rest(self) -> list[str]:
        """Return every whole line that it said before it ended."""
        assert self.process.stdout is not None
        text = (await self.process.stdout.read()).decode()
        return text[: text.rfind("\n") + 1].split()


@asynccontextmanager
async def worker(where: str | Path) -> AsyncIterator[Worker]:
    """Run a worker on the store at `where`; a file is made if it is not there."""
    process = await forked.start("tests.support.store_worker", str(where), stdin=PIPE, stdout=PIPE)
    running = Worker(process)
    try:
        assert await running.hear() == "ready"
        yield running
    except BaseException:
        process.kill()
        raise
    finally:
        await process.communicate(b"")


def opened(where: str) -> AbstractAsyncContextManager[Store]:
    """Open the store at `where`."""
    scheme, _, table = where.partition(":")
    if scheme == "dynamodb":
        return open_dynamodb(TablePlace(table, REGION), DYNAMO)
    return open_sqlite(Path(where), TICKET_API)


async def main(where: str) -> None:
    """Do as standard input says, until it ends."""
    async with opened(where) as store:
        print("ready", flush=True)  # noqa: T201  the protocol
        seen: Item | None = None
        while words := (await asyncio.to_thread(sys.stdin.readline)).split():
            match words:
                case ["read"]:
                    seen = await store.get(counter())
                    answer = str(seen.body["n"] if seen else 0)
                case ["write"]:
                    answer = "written" if await _written(store, seen) else "refused"
                case ["count", times]:
                    answer = await _count(store, int(times))
                case _:
                    await asyncio.gather(*(_pairs(store, lane) for lane in range(8)))
            print(answer, flush=True)  # noqa: T201  the protocol


async def _written(store: Store, seen: Item | None, *also: Put) -> bool:
    body = {"n": (seen.body["n"] if seen else 0) + 1}
    write = change(counter(), seen.version, **body) if seen else Put(counter(), body, Absent())
    try:
        await store.commit([write, *also])
    except ConditionFailedError:
        return False
    return True


async def _count(store: Store, times: int) -> str:
    for number in range(times):
        own = new(half(BOTH[0], os.getpid(), f"{number:06d}"), filling=_FILLING)
        while not await _written(store, await store.get(counter()), own):
            pass
    return str(times)


async def _pairs(store: Store, lane: int) -> None:
    for number in itertools.count():
        name = f"{lane}-{number:06d}"
        await store.commit([new(half(side, os.getpid(), name), filling=_FILLING) for side in BOTH])
        print(name, flush=True)  # noqa: T201  the protocol


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
