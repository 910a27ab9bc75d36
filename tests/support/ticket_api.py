"""A ticket API to test against: in this process, or as a process of its own; and its callers."""

import hashlib
import json
import os
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import jwt
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cloud_store.port import Body, Key, Store
from core_services.ticket_api.catalogue.season import Season, seed
from core_services.ticket_api.catalogue.service import CatalogueService
from core_services.ticket_api.runtime import build_app
from core_services.ticket_api.settings import Settings
from kiosk_contracts.catalogue import Event
from tests.support import forked
from tests.support.ticket_store import opened_store, place_settings, rows

OPS_TOKEN = "ops-token-of-tests"
NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
VENUE = "harbour-hall"
EVENT = "tempest"
PRICES = {"adult": "20.00", "box": "50.00"}


@dataclass
class HandClock:
    """A clock that a test sets."""

    time: datetime = NOW

    def now(self) -> datetime:
        return self.time

    def advance(self, **parts: float) -> None:
        self.time += timedelta(**parts)


def event(event_id: str = EVENT, **changes: Any) -> Event:
    """Return an event of 100 adult places and 5 in a box."""
    body = {
        "event_id": event_id,
        "event_no": 101,
        "venue_id": VENUE,
        "name": "The Tempest",
        "starts_at": "2026-11-23T19:30:00Z",
        "sales_close_at": "2026-11-23T20:00:00Z",
        "state": "on_sale",
        "ticket_types": [
            {"ticket_type_id": "adult", "type_no": 1, "name": "Adult", "capacity": 100},
            {"ticket_type_id": "box", "type_no": 2, "name": "Box", "capacity": 5},
        ],
        "price_list": {"version": 1, "prices": {k: money(v) for k, v in PRICES.items()}},
        "stock_rule": {"per_kiosk": 60, "keep_back": 0, "top_up_below": 10},
    }
    return Event.model_validate({**body, **changes})


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


@dataclass
class Fleet:
    """A fleet service's key, and the tokens it signs."""

    file: Path
    kid: str = "fleet-1"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def publish(self, *others: "Fleet") -> None:
        """Write the file of public keys."""
        keys = [
            {"kid": each.kid, "public_key_hex": each.key.public_key().public_bytes_raw().hex()}
            for each in (self, *others)
        ]
        self.file.write_text(json.dumps({"keys": keys}))

    def token(self, kiosk_id: str = "kiosk-a", venue: str = VENUE, **changes: Any) -> str:
        """Return a token; a change to None leaves the claim out."""
        now = int(time.time())
        claims = {
            "iss": "eventpro-fleet",
            "aud": "eventpro-ticket-api",
            "sub": kiosk_id,
            "code": "HB1",
            "venue": venue,
            "venue_name": "Harbour Hall",
            "jid": str(uuid4()),
            "iat": now,
            "exp": now + 3600,
            **changes,
        }
        said = {name: claim for name, claim in claims.items() if claim is not None}
        return jwt.encode(said, self.key, algorithm="EdDSA", headers={"kid": self.kid})


def settings_of(folder: Path, **changes: Any) -> Settings:
    """Return settings within a folder."""
    values: dict[str, Any] = {
        "port": 0,
        **place_settings(folder),
        "keys_dir": folder / "keys",
        "fleet_keys_file": folder / "fleet-keys.json",
        "ops_token_sha256": hashlib.sha256(OPS_TOKEN.encode()).hexdigest(),
        **changes,
    }
    return Settings.model_validate(values)


@dataclass
class Answer:
    """An answer, read."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The problem's code."""
        return str(self.body["code"])


class Caller:
    """Speaks HTTP to a ticket API, as a kiosk or as an operator."""

    def __init__(self, session: aiohttp.ClientSession, headers: Mapping[str, str]) -> None:
        self._session = session
        self._headers = dict(headers)

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.send("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return await self.send("POST", path, json=body, **more)

    async def put(self, path: str, body: Any) -> Answer:
        return await self.send("PUT", path, json=body)

    async def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> Answer:
        sent = {**self._headers, **(headers or {})}
        async with self._session.request(method, path, headers=sent, **more) as response:
            raw = await response.read()
            is_json = "json" in response.headers.get("Content-Type", "")
            body = json.loads(raw) if is_json else raw.decode()
            return Answer(response.status, response.headers, body)

    async def upload(self, journal_id: UUID, *items: Any) -> list[dict[str, Any]]:
        """Send a batch; return the outcomes."""
        body = {"journal_id": str(journal_id), "items": list(items)}
        answer = await self.post("/v1/transactions", body)
        assert answer.status == 200, answer.body
        outcomes: list[dict[str, Any]] = answer.body["outcomes"]
        assert len(outcomes) == len(items)
        return outcomes

    async def grant(self, journal_id: UUID, quantity: int, **changes: Any) -> Answer:
        """Ask for an allotment."""
        request = {
            "request_id": str(uuid4()),
            "journal_id": str(journal_id),
            "event_id": EVENT,
            "ticket_type_id": "adult",
            "quantity": quantity,
            **changes,
        }
        return await self.post("/v1/allotments", request)

    async def serials(self, journal_id: UUID, quantity: int, **changes: Any) -> list[str]:
        """Return the serials of a new allotment."""
        answer = await self.grant(journal_id, quantity, **changes)
        assert answer.status == 201, answer.body
        return [ticket["serial"] for ticket in answer.body["tickets"]]


@dataclass
class World:
    """A running ticket API and everything around it."""

    url: str
    folder: Path
    fleet: Fleet
    clock: HandClock
    store: Store
    session: aiohttp.ClientSession

    def kiosk(self, kiosk_id: str = "kiosk-a", venue: str = VENUE) -> Caller:
        """Return a kiosk's line."""
        headers = {"EventPro-Kiosk-Token": self.fleet.token(kiosk_id, venue)}
        return Caller(self.session, headers)

    def ops(self) -> Caller:
        """Return an operator's line."""
        return Caller(self.session, {"EventPro-Ops-Token": OPS_TOKEN})

    def nobody(self) -> Caller:
        """Return the line of someone without a token."""
        return Caller(self.session, {})

    async def body(self, kind: str, pk: object, sk: object = "-") -> Body:
        """Return what the store has at a key."""
        item = await self.store.get(Key(kind, str(pk), str(sk)))
        assert item is not None, (kind, pk, sk)
        return item.body

    def everything(self) -> list[tuple[Any, ...]]:
        """Return all that the store holds, to compare before with after."""
        return rows(self.store, self.folder)

    async def write_off(self, journal_id: UUID, /, **changes: Any) -> Answer:
        """Order a write-off of a journal's unsold serials."""
        order = {
            "request_id": str(uuid4()),
            "journal_id": str(journal_id),
            "operator": "olga",
            "reason": "kiosk stolen",
            "risk_accepted": True,
            **changes,
        }
        return await self.ops().post("/v1/ops/write-offs", order)

    async def ledger(self) -> dict[str, Any]:
        """Return the ledger as operators read it."""
        answer = await self.ops().get("/v1/ops/ledger")
        assert answer.status == 200, answer.body
        body: dict[str, Any] = answer.body
        return body

    async def line(self, ticket_type_id: str = "adult", event_id: str = EVENT) -> dict[str, Any]:
        """Return the ledger's line of a ticket type."""
        lines = (await self.ledger())["lines"]
        key = (event_id, ticket_type_id)
        (line,) = [each for each in lines if (each["event_id"], each["ticket_type_id"]) == key]
        found: dict[str, Any] = line
        return found


@asynccontextmanager
async def world(
    folder: Path, store: Store | None = None, *events: Event, **settings: Any
) -> AsyncIterator[World]:
    """Run a ticket API in this process with one venue and `events`, on `store` or a new one."""
    clock = HandClock()
    fleet = Fleet(folder / "fleet-keys.json")
    fleet.publish()
    async with opened_store(folder) as own:
        used = store or own
        season = {
            "venues": [
                {
                    "venue_id": VENUE,
                    "name": "Harbour Hall",
                    "events": [each.to_json() for each in events or (event(),)],
                }
            ]
        }
        await seed(CatalogueService(used), Season.model_validate(season))
        server = TestServer(build_app(settings_of(folder, **settings), used, clock))
        await server.start_server()
        url = str(server.make_url("/"))
        try:
            async with aiohttp.ClientSession(url) as session:
                yield World(url, folder, fleet, clock, used, session)
        finally:
            await server.close()


@dataclass
class ApiProcess:
    """A ticket API as a process of its own."""

    process: forked.Forked
    url: str
    lines: list[dict[str, Any]]


def write_config(folder: Path, **changes: Any) -> Path:
    """Write a settings file."""
    values = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in settings_of(folder, **changes).model_dump(exclude_none=True).items()
    }
    config = folder / "ticket-api.toml"
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    return config


async def run_cli(*words: str, **environment: str) -> tuple[int, str, str]:
    """Run `ticket-api` to its end; return exit status, standard output and error."""
    process = await forked.start(
        "core_services.ticket_api",
        *words,
        env={**os.environ, **environment},
        stdout=PIPE,
        stderr=PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def api_process(config: Path) -> AsyncIterator[ApiProcess]:
    """Run `ticket-api serve`; it is killed at the end if it has not ended by itself."""
    words = ("serve", "--config", str(config))
    process = await forked.start("core_services.ticket_api", *words, stdout=PIPE)
    assert process.stdout is not None
    lines: list[dict[str, Any]] = []
    try:
        while not lines or lines[-1]["event"] != "listening":
            line = await process.stdout.readline()
            assert line, f"it ended: {lines}"
            lines.append(json.loads(line))
        yield ApiProcess(process, f"http://127.0.0.1:{lines[-1]['port']}", lines)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
