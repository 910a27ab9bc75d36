"""Sends heartbeats as fast as they are answered, at the least cost to the one who measures."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from typing import Final
from urllib.parse import urlsplit

_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"Content-Length: "


@dataclass(frozen=True, slots=True)
class Beat:
    """A whole request but for the kiosk's time, which is put in as it is sent."""

    before: bytes
    after: bytes

    def now(self) -> bytes:
        """Return it as it is sent now."""
        # As long as the placeholder was, for the request says how long it is.
        return (
            self.before
            + datetime.now(UTC).isoformat(timespec="microseconds").encode()
            + (self.after)
        )


@dataclass(frozen=True, slots=True)
class Beaten:
    """What came of it."""

    answered: int
    seconds: float
    latencies_s: Sequence[float]

    @property
    def rate(self) -> float:
        """Return the heartbeats answered a second."""
        return self.answered / self.seconds


class BeatsRefusedError(Exception):
    """A heartbeat was not answered with 200; the text is the answer's beginning."""


@asynccontextmanager
async def _lines(url: str, count: int) -> AsyncIterator[list["_Line"]]:
    parts = urlsplit(url)
    lines = [
        _Line(*(await asyncio.open_connection(parts.hostname, parts.port))) for _ in range(count)
    ]
    try:
        yield lines
    finally:
        for line in lines:
            line.writer.close()


async def beat(url: str, requests: Sequence[Beat], *, lines: int, seconds: float) -> Beaten:
    """Send whole requests round and round over so many connections, each after the last's answer.

    Raises BeatsRefusedError.
    """
    turn = cycle(requests)
    latencies: list[float] = []
    async with _lines(url, lines) as opened:
        began = time.perf_counter()
        until = began + seconds

        async def work(line: _Line) -> None:
            while (now := time.perf_counter()) < until:
                await line.ask(next(turn))
                latencies.append(time.perf_counter() - now)

        async with asyncio.TaskGroup() as group:
            for line in opened:
                group.create_task(work(line))
        return Beaten(len(latencies), time.perf_counter() - began, latencies)


async def once(url: str, requests: Sequence[Beat], *, lines: int) -> None:
    """Send each request once. Raises BeatsRefusedError."""
    left = iter(requests)
    async with _lines(url, lines) as opened, asyncio.TaskGroup() as group:

        async def work(line: _Line) -> None:
            for request in left:
                await line.ask(request)

        for line in opened:
            group.create_task(work(line))


@dataclass(slots=True)
class _Line:
    """One connection. aiohttp's client would cost as much as the service that is measured."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ask(self, request: Beat) -> None:
        self.writer.write(request.now())
        head = await self.reader.readuntil(_END)
        at = head.index(_LENGTH) + len(_LENGTH)
        body = await self.reader.readexactly(int(head[at : head.index(b"\r", at)]))
        if not head.startswith(b"HTTP/1.1 200"):
            raise BeatsRefusedError((head + body).decode(errors="replace")[:1000])
