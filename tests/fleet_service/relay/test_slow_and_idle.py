"""Those who send slowly, or nothing, at real sockets of a real process: others are served."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.fleet import (
    OTHER_KIOSK_ID,
    OTHER_SECRET,
    RunningFleet,
    fleet_process,
    open_session,
    session_request,
)
from tests.support.upstream import Upstream

IDLE = 2000
SLOW = 200


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as running:
        yield running


class Line:
    """A connection on which a test sends what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, fleet: RunningFleet) -> "Line":
        """Connect."""
        host, _, port = fleet.url.removeprefix("http://").partition(":")
        return cls(*await asyncio.open_connection(host, int(port)))

    async def send(self, text: str) -> None:
        """Send some bytes."""
        self.writer.write(text.encode())
        await self.writer.drain()

    async def rest(self) -> str:
        """Return all that comes until the far side closes."""
        return (await self.reader.read()).decode()


@asynccontextmanager
async def lines(fleet: RunningFleet, count: int) -> AsyncIterator[list[Line]]:
    opened = [await Line.to(fleet) for _ in range(count)]
    try:
        yield opened
    finally:
        for line in opened:
            line.writer.close()


def head(token: str, length: int) -> str:
    return (
        f"POST /v1/transactions HTTP/1.1\r\nHost: x\r\n{KIOSK_TOKEN_HEADER}: {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )


async def both_tokens(fleet: RunningFleet) -> tuple[str, str]:
    async with aiohttp.ClientSession(fleet.url) as session:
        other = session_request(OTHER_KIOSK_ID, OTHER_SECRET)
        return await open_session(session), await open_session(session, other)


async def asked(fleet: RunningFleet, token: str) -> int:
    headers = {KIOSK_TOKEN_HEADER: token}
    async with (
        aiohttp.ClientSession(fleet.url, headers=headers) as kiosk,
        kiosk.post("/v1/transactions", json={}) as answer,
    ):
        return answer.status


async def test_a_body_that_comes_too_slowly_is_refused_and_goes_no_further(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with fleet_process(tmp_path, upstream.url, body_timeout_s=0.3) as fleet:
        token, _ = await both_tokens(fleet)
        async with lines(fleet, 1) as (line,):
            await line.send(head(token, 1000) + '{"items": [')
            answer = await line.reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 408 ")
            body = (await line.reader.readuntil(b"}")).decode()
        assert '"code":"line_timeout"' in body
        assert '"retryable":true' in body
        assert "only a part of its body was here" in body
        assert upstream.received == []
        assert await asked(fleet, token) == 200


async def test_a_session_that_comes_too_slowly_is_refused_too(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with (
        fleet_process(tmp_path, upstream.url, body_timeout_s=0.3) as fleet,
        lines(fleet, 1) as (line,),
    ):
        await line.send("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert (await line.reader.readline()).startswith(b"HTTP/1.1 408 ")


async def test_many_slow_senders_take_no_place_from_others(
    tmp_path: Path, upstream: Upstream
) -> None:
    rules = {"relay_connections": 2, "relay_per_kiosk": 1, "body_timeout_s": 600}
    async with fleet_process(tmp_path, upstream.url, **rules) as fleet:
        slow, quick = await both_tokens(fleet)
        async with lines(fleet, SLOW) as senders:
            for line in senders:
                await line.send(head(slow, 10_000_000) + "{")
            # Only so many of one kiosk are listened to; the others hear it at once.
            refused = [await line.reader.readline() for line in senders[-100:]]
            assert {line[:13] for line in refused} == {b"HTTP/1.1 429 "}
            for _ in range(10):
                assert await asked(fleet, quick) == 200
        assert len(upstream.received) == 10


async def test_thousands_who_ask_nothing_keep_nobody_from_asking(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with fleet_process(tmp_path, upstream.url) as fleet:
        token, other = await both_tokens(fleet)
        async with lines(fleet, IDLE) as idle:
            for line in idle[::2]:
                await line.send("POST /v1/transactions HTTP/1.1\r\nHost: x\r\nContent-Le")
            for kiosk in (token, other) * 5:
                assert await asked(fleet, kiosk) == 200
            # They are there all the while: one of each kind goes on to ask.
            rest = "ngth: 0\r\nConnection: close\r\n\r\n"
            await idle[0].send(rest)
            assert (await idle[0].rest()).startswith("HTTP/1.1 401 ")
            await idle[1].send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert (await idle[1].rest()).startswith("HTTP/1.1 200 ")
        assert await asked(fleet, token) == 200


async def test_whoever_asks_nothing_for_long_is_hung_up_on(
    tmp_path: Path, upstream: Upstream
) -> None:
    async with (
        fleet_process(tmp_path, upstream.url, idle_s=0.5) as fleet,
        lines(fleet, 60) as idle,
    ):
        for line in idle[:20]:
            await line.send("GET /v1/catalogue HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        for line in idle[20:40]:
            await line.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        answers = await asyncio.gather(*(line.rest() for line in idle))
        assert answers[:20] == [""] * 20
        assert all(answer.startswith("HTTP/1.1 200 ") for answer in answers[20:40])
        assert answers[40:] == [""] * 20


async def test_answers_that_nobody_takes_are_broken_off_and_bounded_for_each_kiosk(
    tmp_path: Path, upstream: Upstream
) -> None:
    async def much(_request: web.Request, _body: bytes) -> web.StreamResponse:
        return web.json_response({"much": "x" * 8_000_000})

    upstream.behave = much
    async with fleet_process(tmp_path, upstream.url, body_timeout_s=2) as fleet:
        greedy, other = await both_tokens(fleet)
        async with lines(fleet, 40) as takers:
            for line in takers:
                # asyncio reads so much by itself, and no more.
                line.reader._limit = 1024  # type: ignore[attr-defined]
                await line.send(head(greedy, 2) + "{}")
            # The last are told that as many are at hand already.
            first = await asyncio.wait_for(takers[-1].reader.readline(), 20)
            assert first.startswith(b"HTTP/1.1 429 ")
            # Others have room, and the greedy one as well as soon as its answers are broken off.
            assert await asked(fleet, other) == 200
            while await asked(fleet, greedy) != 200:  # noqa: ASYNC110  it is told nothing
                await asyncio.sleep(0.1)
            with pytest.raises(asyncio.IncompleteReadError):
                await takers[0].reader.readexactly(8_000_000)
            assert any("answer_not_taken" in line for line in fleet.log().splitlines())
