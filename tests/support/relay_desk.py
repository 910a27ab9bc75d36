"""A fleet service's app at a real socket, with clocks that stand still and a real far end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from fleet_service.relay.routes import RELAY
from fleet_service.relay.service import Relay
from fleet_service.runtime import build_app
from fleet_service.settings import FleetSettings
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.app_server import AppServer
from tests.support.fleet import (
    OTHER_KIOSK_ID,
    OTHER_SECRET,
    FakeFleetClock,
    FleetFiles,
    open_session,
    session_request,
)
from tests.support.upstream import Upstream

POST = "/v1/transactions"


@dataclass
class Told:
    """An answer as a kiosk hears it."""

    status: int
    retry_after: str | None
    body: dict[str, Any]

    @property
    def code(self) -> str | None:
        """Return the problem's code."""
        return self.body.get("code")


@dataclass
class Desk:
    """Two kiosks before a fleet service."""

    upstream: Upstream
    clock: FakeFleetClock
    session: aiohttp.ClientSession
    relay: Relay
    url: str
    tokens: list[str] = field(default_factory=list)

    async def ask(self, kiosk: int = 0, *, method: str = "POST", path: str = POST) -> Told:
        """Let kiosk 0 or 1 ask something of the ticket API."""
        headers = {KIOSK_TOKEN_HEADER: self.tokens[kiosk]}
        async with self.session.request(method, path, json={}, headers=headers) as answer:
            body = await answer.json(content_type=None)
            return Told(answer.status, answer.headers.get("Retry-After"), body)

    async def send(self, name: str, kiosk: int = 0) -> Told:
        """Let a kiosk send something that the far end knows by its name."""
        headers = {KIOSK_TOKEN_HEADER: self.tokens[kiosk]}
        async with self.session.post(POST, data=name.encode(), headers=headers) as answer:
            body = await answer.json(content_type=None)
            return Told(answer.status, answer.headers.get("Retry-After"), body)

    async def ready(self) -> tuple[int, str]:
        """Return the status of `/readyz` and how the circuit stands."""
        async with self.session.get("/readyz") as answer:
            body = await answer.json(content_type=None)
            return answer.status, body["ticket_api_circuit"]

    async def figure(self, name: str) -> float:
        """Return a figure of `/metrics`, named with its labels."""
        async with self.session.get("/metrics") as answer:
            lines = (await answer.text()).splitlines()
        (line,) = [line for line in lines if line.startswith(f"{name} ")]
        return float(line.split()[-1])


class Gate:
    """A far end that answers each request when the test lets it, by the body that it sent."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self._more = asyncio.Condition()
        self._leaves: dict[str, asyncio.Event] = {}

    async def __call__(self, request: web.Request, body: bytes) -> web.StreamResponse:
        """Answer 200 once the request was let go."""
        if request.path == "/healthz":
            return web.json_response({})
        name = body.decode()
        leave = self._leaves.setdefault(name, asyncio.Event())
        async with self._more:
            self.arrived.append(name)
            self._more.notify_all()
        await leave.wait()
        return web.json_response({"outcomes": [name]})

    def let_go(self, name: str) -> None:
        """Answer one that came, or will."""
        self._leaves.setdefault(name, asyncio.Event()).set()

    async def has(self, count: int) -> list[str]:
        """Return what arrived once so many did."""
        async with self._more:
            await self._more.wait_for(lambda: len(self.arrived) >= count)
        return self.arrived


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until something holds, which nobody tells of."""
    while not holds():  # noqa: ASYNC110  see above
        await asyncio.sleep(0.001)


@asynccontextmanager
async def desk_in(folder: Path, upstream: Upstream, **settings: object) -> AsyncIterator[Desk]:
    """Have one before `upstream`, whose first look is over."""
    files, clock = FleetFiles(folder).write(), FakeFleetClock()
    given = FleetSettings.model_validate(files.settings(upstream.url, **settings))
    app = await build_app(given, clock=clock)
    server = AppServer(app)
    await server.start_server()
    try:
        await upstream.looked_at.wait()
        connector = aiohttp.TCPConnector(limit=0)
        url = str(server.make_url("")).rstrip("/")
        async with aiohttp.ClientSession(url, connector=connector) as session:
            desk = Desk(upstream, clock, session, app[RELAY], url)
            for request in (None, session_request(OTHER_KIOSK_ID, OTHER_SECRET)):
                desk.tokens.append(await open_session(session, request))
            yield desk
    finally:
        await server.close()
