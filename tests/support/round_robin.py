"""A load balancer: each request goes to the next of its targets that takes a connection."""

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict
from yarl import URL

_HOP: Final = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})


@dataclass
class RoundRobin:
    """`served`: how many requests each target has answered."""

    targets: Sequence[str]
    url: str = ""
    served: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.served = [0] * len(self.targets)
        self._turns = itertools.cycle(range(len(self.targets)))

    async def handle(self, session: aiohttp.ClientSession, request: web.Request) -> web.Response:
        body = await request.read()
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in _HOP
        )
        for _ in self.targets:
            turn = next(self._turns)
            url = URL(self.targets[turn] + request.raw_path, encoded=True)
            try:
                async with session.request(
                    request.method, url, headers=headers, data=body, allow_redirects=False
                ) as answer:
                    told = await answer.read()
                    self.served[turn] += 1
                    return web.Response(status=answer.status, body=told, headers=_kept(answer))
            except aiohttp.ClientConnectorError:
                continue
        return web.Response(status=502)


@asynccontextmanager
async def round_robin(*targets: str) -> AsyncIterator[RoundRobin]:
    """Balance until the block ends."""
    balancer = RoundRobin(targets)
    # No connection is kept: one to a process that is gone would fail a request it never saw.
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:

        async def handle(request: web.Request) -> web.StreamResponse:
            return await balancer.handle(session, request)

        app = web.Application(client_max_size=20 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", handle)
        server = TestServer(app)
        await server.start_server(shutdown_timeout=0.1)
        balancer.url = str(server.make_url("")).rstrip("/")
        try:
            yield balancer
        finally:
            await server.close()


def _kept(answer: aiohttp.ClientResponse) -> CIMultiDict[str]:
    return CIMultiDict(
        (name, value) for name, value in answer.headers.items() if name.lower() not in _HOP
    )
