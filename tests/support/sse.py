"""A reader of server-sent events, as a browser reads them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.support.operators import OPS_TOKEN

NEW_JUDGE = "much may have changed while nobody looked"
"""Why a stream is reset when a task begins to judge, at some moment after its start."""


@dataclass
class Told:
    """One event."""

    name: str
    id: str
    body: Any


@dataclass
class Stream:
    """An open stream."""

    answer: aiohttp.ClientResponse
    last_id: str = ""
    comments: list[str] = field(default_factory=list)

    async def block(self) -> Told | None:
        """Return the next event, None for what is none. Raises EOFError at the end."""
        name = data = ""
        while True:
            try:
                line = (await self.answer.content.readline()).decode()
            except aiohttp.ClientError as error:
                raise EOFError from error
            if not line:
                raise EOFError
            field_name, _, value = line.rstrip("\n").partition(": ")
            match field_name:
                case "id":
                    self.last_id = value
                case "event":
                    name = value
                case "data":
                    data = value
                case "":
                    if value:
                        self.comments.append(value)
                        continue
                    return Told(name, self.last_id, json.loads(data)) if data else None

    async def next(self) -> Told:
        """Return the next event that no task's start is the cause of."""
        while True:
            told = await self.block()
            if told is not None and not (told.name == "reset" and told.body["why"] == NEW_JUDGE):
                return told

    async def until(self, fits: Callable[[Told], bool]) -> Told:
        """Return the first event that fits."""
        while True:
            told = await self.next()
            if fits(told):
                return told

    async def all_within(self, seconds: float) -> list[Told]:
        """Return what comes in a while, for what must not come."""
        found: list[Told] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    found.append(await self.next())
        except TimeoutError:
            return found


@asynccontextmanager
async def streaming(
    http: aiohttp.ClientSession,
    last_id: str | None = None,
    *,
    url: str = "",
    token: str = OPS_TOKEN,
) -> AsyncIterator[Stream]:
    """Open a stream, and wait until it says where it begins."""
    headers = {OPS_TOKEN_HEADER: token}
    if last_id is not None:
        headers["Last-Event-ID"] = last_id
    timeout = aiohttp.ClientTimeout(total=None)
    async with http.get(f"{url}/v1/stream", headers=headers, timeout=timeout) as answer:
        assert answer.status == 200, await answer.text()
        stream = Stream(answer)
        if last_id is None:
            while not stream.last_id:
                assert await stream.block() is None
        yield stream
