"""Operators of several roles before a fleet service: real app, real file, a clock that is moved."""

import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from fleet_service.audit.routes import AUDIT
from fleet_service.runtime import build_app
from fleet_service.settings import FleetSettings
from kiosk_contracts.version import CSRF_HEADER, OPS_TOKEN_HEADER
from tests.support.faulty_store import FaultyStore
from tests.support.fleet import FakeFleetClock, FleetFiles
from tests.support.operators import OPS_TOKEN

OWN_COOKIE = "eventpro-ops"


def whole(path: str) -> str:
    """Return a path below `/v1/ops/` whole, and a whole one as it is."""
    return path if path.startswith("/") else f"/v1/ops/{path}"


@dataclass
class Told:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    text: str
    cookies: Mapping[str, Any]

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text else None

    @property
    def code(self) -> str:
        return str(self.body["code"])


@dataclass
class OperatorDesk:
    """A client of a fleet service in its own loop."""

    app: web.Application
    http: aiohttp.ClientSession
    clock: FakeFleetClock
    state_file: Path
    _made: int = field(default=0)

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = OPS_TOKEN,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Told:
        """Ask below `/v1/ops/`, unless `path` is whole; by a token unless it is None."""
        given = dict(headers or {})
        if token is not None:
            given[OPS_TOKEN_HEADER] = token
        sent: dict[str, Any] = {"data": raw} if raw is not None else {"json": body}
        async with self.http.request(method, whole(path), headers=given, **sent) as answer:
            return Told(answer.status, answer.headers, await answer.text(), answer.cookies)

    async def make(self, role: str, name: str = "Ana", *, days: float = 30) -> dict[str, Any]:
        """Make a token and return what was told of it."""
        ends = self.clock.now() + timedelta(days=days)
        wanted = {"name": name, "role": role, "expires_at": ends.isoformat()}
        told = await self.ask("POST", "operator-tokens", wanted)
        assert told.status == 201, told.text
        made: dict[str, Any] = told.body
        return made

    async def token(self, role: str) -> str:
        """Return a new token of a role."""
        return str((await self.make(role, f"some {role}"))["token"])

    async def sign_in(self, token: str = OPS_TOKEN) -> "Browser":
        """Return a browser with a session."""
        told = await self.ask("POST", "session", token=token)
        assert told.status == 201, told.text
        cookie = told.cookies[OWN_COOKIE].value
        return Browser(self, cookie, told.body["session"]["csrf_token"])

    async def audit(self, query: str = "") -> list[Any]:
        """Return the entries of a page of the audit."""
        told = await self.ask("GET", f"/v1/audit{query}")
        assert told.status == 200, told.text
        return list(told.body["entries"])

    def break_audit(self) -> FaultyStore:
        """Have the audit's store fail as a test says."""
        trail = self.app[AUDIT]
        faulty = FaultyStore(trail._store)
        trail._store = faulty
        return faulty


@dataclass
class Browser:
    """A dashboard in a browser: its cookie, what its page learnt, and what the browser says."""

    desk: OperatorDesk
    cookie: str
    csrf_token: str

    @property
    def origin(self) -> str:
        url = self.desk.http._base_url
        assert url is not None
        return str(url.origin())

    def said(self, **changes: str | None) -> dict[str, str]:
        """Return the headers of a change; a change to None leaves one out."""
        usual: dict[str, str | None] = {
            "Cookie": f"{OWN_COOKIE}={self.cookie}",
            "Origin": self.origin,
            "Sec-Fetch-Site": "same-origin",
            CSRF_HEADER: self.csrf_token,
        }
        named = {name.replace("_", "-"): value for name, value in changes.items()}
        for name in named:
            usual.pop(next((known for known in usual if known.lower() == name.lower()), ""), None)
        return {name: value for name, value in {**usual, **named}.items() if value is not None}

    async def ask(self, method: str, path: str, body: object = None, **changes: str | None) -> Told:
        return await self.desk.ask(method, path, body, token=None, headers=self.said(**changes))


@asynccontextmanager
async def operator_desk(folder: Path, **settings: object) -> AsyncIterator[OperatorDesk]:
    """Run a fleet service with one administrator, whom the settings know."""
    files, state_file = FleetFiles(folder), folder / "fleet.db"
    if not files.signing_key.exists():
        files.write()
    given = {
        "state_file": str(state_file),
        "ops_token_sha256": hashlib.sha256(OPS_TOKEN.encode()).hexdigest(),
        **settings,
    }
    given = {name: value for name, value in given.items() if value is not None}
    clock = FakeFleetClock()
    wanted = FleetSettings.model_validate(files.settings("http://127.0.0.1:9", **given))
    app = await build_app(wanted, clock=clock)
    server = TestServer(app)
    await server.start_server()
    try:
        async with aiohttp.ClientSession(
            server.make_url("/"), cookie_jar=aiohttp.DummyCookieJar()
        ) as http:
            yield OperatorDesk(app, http, clock, state_file)
    finally:
        await server.close()
