"""The line to a DynamoDB, on which a test cuts, delays or answers what it likes."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

Pass = Callable[[], Awaitable[web.Response]]
"""Passes a request on; gives the answer."""
Fault = Callable[[web.Request, Pass], Awaitable[web.StreamResponse]]
Fake = dict[str, Any]


@dataclass
class DynamoLine:
    """Passes requests on to `far`. Faults are ordered for an operation, one for each request."""

    far: str
    url: str = ""
    asked: list[tuple[str, Fake]] = field(default_factory=list)
    """Operations and what was asked, in the order in which they came."""
    fired: int = 0
    _faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    _always: Fault | None = None

    def order(self, operation: str, *faults: Fault) -> None:
        """Let the next requests of an operation meet these faults, one each."""
        self._faults[operation] += faults

    def order_always(self, fault: Fault | None) -> None:
        """Let every request meet a fault, until it is taken back."""
        self._always = fault

    def operations(self) -> list[str]:
        """Return what was asked, without the looks at the table as it is opened."""
        return [name for name, _ in self.asked if name != "DescribeTable"]

    async def handle(self, session: aiohttp.ClientSession, request: web.Request) -> Any:
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        body = await request.read()
        self.asked.append((operation, json.loads(body)))

        async def passed() -> web.Response:
            async with session.post(self.far, data=body, headers=request.headers) as answer:
                return web.Response(
                    status=answer.status,
                    body=await answer.read(),
                    content_type="application/x-amz-json-1.0",
                )

        faults = self._faults[operation]
        fault = self._always or (faults.pop(0) if faults else None)
        if fault is None:
            return await passed()
        self.fired += 1
        return await fault(request, passed)


@asynccontextmanager
async def dynamodb_line(far: str) -> AsyncIterator[DynamoLine]:
    """Run a line to a DynamoDB."""
    line = DynamoLine(far)
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def handle(request: web.Request) -> web.StreamResponse:
            answer: web.StreamResponse = await line.handle(session, request)
            return answer

        app = web.Application(client_max_size=20 * 1024 * 1024)
        app.router.add_post("/", handle)
        server = TestServer(app)
        await server.start_server(shutdown_timeout=0.1)
        line.url = str(server.make_url("")).rstrip("/")
        try:
            yield line
        finally:
            await server.close()


async def cut(request: web.Request, _passed: Pass) -> web.StreamResponse:
    """Cut the line before anything is done."""
    return _cut(request)


async def lose_answer(request: web.Request, passed: Pass) -> web.StreamResponse:
    """Have it done, and cut the line before the answer."""
    await passed()
    return _cut(request)


def lose_answer_and(then: Callable[[], Awaitable[None]]) -> Fault:
    """Have it done, let something else happen, and cut the line before the answer."""

    async def lose(request: web.Request, passed: Pass) -> web.StreamResponse:
        await passed()
        await then()
        return _cut(request)

    return lose


def refuse(code: str, status: int = 400, **more: Any) -> Fault:
    """Refuse as AWS does, doing nothing."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "as ordered", **more}

    async def refused(_request: web.Request, _passed: Pass) -> web.StreamResponse:
        return web.json_response(body, status=status, content_type="application/x-amz-json-1.0")

    return refused


def cancel(*reasons: str) -> Fault:
    """Cancel a transaction for reasons, one for each write."""
    told = [{"Code": reason} for reason in reasons]
    return refuse("TransactionCanceledException", CancellationReasons=told)


def fail_after(status: int = 500) -> Fault:
    """Have it done, and answer that the server failed."""

    async def failed(request: web.Request, passed: Pass) -> web.StreamResponse:
        await passed()
        return await refuse("InternalServerError", status)(request, passed)

    return failed


def hang(arrived: asyncio.Queue[None], let_go: asyncio.Event) -> Fault:
    """Say nothing until the test lets go; it hears of each that has arrived."""

    async def hanging(request: web.Request, _passed: Pass) -> web.StreamResponse:
        arrived.put_nowait(None)
        await let_go.wait()
        return _cut(request)

    return hanging


def change(edit: Callable[[Fake], Fake]) -> Fault:
    """Pass on, and change the answer."""

    async def changed(_request: web.Request, passed: Pass) -> web.StreamResponse:
        answer = await passed()
        assert isinstance(answer.body, bytes)
        return web.json_response(
            edit(json.loads(answer.body)), content_type="application/x-amz-json-1.0"
        )

    return changed


def _cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    raise asyncio.CancelledError
