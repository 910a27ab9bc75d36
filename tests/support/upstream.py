"""A small real far end over TCP: keeps what it was sent, answers as it is told."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from multidict import CIMultiDict

Behaviour = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Received:
    """One request as the far end saw it."""

    method: str
    target: str
    headers: CIMultiDict[str]
    body: bytes

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)


async def answer_ok(request: web.Request, body: bytes) -> web.StreamResponse:
    """Answer 200 with what was asked."""
    return web.json_response({"path": request.path, "bytes": len(body)})


class Upstream:
    """`async with Upstream() as upstream:` listens at `upstream.url` until left."""

    def __init__(self, behave: Behaviour = answer_ok) -> None:
        self.behave = behave
        self.received: list[Received] = []
        self.looks: list[Received] = []
        """Requests that only ask how it is (`/healthz`): they come by themselves."""
        self.looked_at = asyncio.Event()
        self.asking = 0
        """How many are being answered."""
        self.most_asking = 0
        self.peers: set[int] = set()
        """Ports that requests came from: one for each connection."""
        self.port = 0

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        """Listen at a free port."""
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening; later requests are refused."""
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        received = Received(request.method, request.raw_path, CIMultiDict(request.headers), body)
        if request.path.endswith("/healthz"):
            self.looks.append(received)
            self.looked_at.set()
        else:
            self.received.append(received)
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername")[1])
        self.asking += 1
        self.most_asking = max(self.most_asking, self.asking)
        try:
            return await self.behave(request, body)
        finally:
            self.asking -= 1
