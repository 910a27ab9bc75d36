"""Which tokens count on the routes that ask for one."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from core_services.ticket_api.api.tokens import FleetKeyFile, TokenGate
from fleet_service.clock import SystemClock
from fleet_service.runtime import build_app
from fleet_service.sessions.keys import load_signing_key, make_keys
from fleet_service.sessions.ports import ProvenKiosk
from fleet_service.sessions.tokens import SessionTokens
from fleet_service.settings import FleetSettings
from kiosk_contracts.sessions import KioskIdentity
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.fleet import JOURNAL_ID, KIOSK_ID, FakeFleetClock, FleetFiles, open_session
from tests.support.sts import INSTANCE_ID
from tests.support.upstream import Upstream

Forge = Callable[[dict[str, Any], FleetFiles], str]


@pytest.fixture
def clock() -> FakeFleetClock:
    return FakeFleetClock()


@pytest.fixture
def files(tmp_path: Path) -> FleetFiles:
    return FleetFiles(tmp_path).write()


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream() as running:
        yield running


async def serving(
    files: FleetFiles, clock: FakeFleetClock, upstream: Upstream, **more: object
) -> TestServer:
    settings = FleetSettings.model_validate(files.settings(upstream.url, **more))
    server = TestServer(await build_app(settings, clock=clock))
    await server.start_server()
    return server


@pytest.fixture
async def kiosk(
    files: FleetFiles, clock: FakeFleetClock, upstream: Upstream
) -> AsyncIterator[aiohttp.ClientSession]:
    server = await serving(files, clock, upstream)
    async with aiohttp.ClientSession(server.make_url("/")) as session:
        yield session
    await server.close()


async def asked(kiosk: aiohttp.ClientSession, *tokens: str) -> tuple[int, str]:
    headers = [(KIOSK_TOKEN_HEADER, token) for token in tokens]
    async with kiosk.get("/v1/catalogue", headers=headers) as answer:
        body = await answer.json(content_type=None)
        return answer.status, body.get("code", "")


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def properly(changes: dict[str, Any]) -> Forge:
    """Sign changed claims with the real key: None takes a claim away."""

    def forge(claims: dict[str, Any], files: FleetFiles) -> str:
        key = load_signing_key(files.signing_key)
        changed = {name: value for name, value in {**claims, **changes}.items() if value}
        return jwt.encode(changed, key.private, "EdDSA", headers={"kid": key.kid})

    return forge


def by_another_key(claims: dict[str, Any], files: FleetFiles) -> str:
    kid = load_signing_key(files.signing_key).kid
    return jwt.encode(claims, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": kid})


def of_an_unknown_key(claims: dict[str, Any], files: FleetFiles) -> str:
    key = load_signing_key(files.signing_key)
    return jwt.encode(claims, key.private, "EdDSA", headers={"kid": "unknown"})


def without_key_id(claims: dict[str, Any], files: FleetFiles) -> str:
    return jwt.encode(claims, load_signing_key(files.signing_key).private, "EdDSA")


def unsigned(claims: dict[str, Any], files: FleetFiles) -> str:
    kid = load_signing_key(files.signing_key).kid
    return jwt.encode(claims, "", "none", headers={"kid": kid})


def with_the_public_key_as_hmac_secret(claims: dict[str, Any], files: FleetFiles) -> str:
    key = load_signing_key(files.signing_key)
    secret = key.private.public_key().public_bytes_raw()
    return jwt.encode(claims, secret, "HS256", headers={"kid": key.kid})


def with_claims_swapped(claims: dict[str, Any], files: FleetFiles) -> str:
    head, _, signature = properly({})(claims, files).split(".")
    other = json.dumps({**claims, "sub": "old-mill-1"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(other).decode().rstrip('=')}.{signature}"


def nested(claims: dict[str, Any], files: FleetFiles) -> str:
    assert claims["sub"] in files.kiosks.read_text()
    return base64.urlsafe_b64encode(b'{"kid":' + b"[" * 2900).decode().rstrip("=") + ".e30.e30"


def too_long(claims: dict[str, Any], files: FleetFiles) -> str:
    return properly({"more": "x" * 4096})(claims, files)


@pytest.mark.parametrize(
    "forge",
    [
        by_another_key,
        of_an_unknown_key,
        without_key_id,
        unsigned,
        with_the_public_key_as_hmac_secret,
        with_claims_swapped,
        nested,
        too_long,
        properly({"aud": "another-service"}),
        properly({"aud": None}),
        properly({"iss": "somebody"}),
        properly({"iss": None}),
        properly({"sub": None}),
        properly({"jid": None}),
        properly({"jid": "not-a-uuid"}),
        properly({"venue": None}),
        properly({"exp": None}),
        properly({"exp": "tomorrow"}),
        properly({"iat": None}),
        lambda _claims, _files: "garbage",
        lambda _claims, _files: "a.b.c",
        lambda _claims, _files: "",
    ],
)
async def test_a_token_that_is_not_ours_is_invalid_and_reaches_nobody(
    kiosk: aiohttp.ClientSession, files: FleetFiles, upstream: Upstream, forge: Forge
) -> None:
    claims = claims_of(await open_session(kiosk))
    assert await asked(kiosk, forge(claims, files)) == (401, "token_invalid")
    assert upstream.received == []


async def test_the_forgers_tools_make_good_tokens_when_nothing_is_changed(
    kiosk: aiohttp.ClientSession, files: FleetFiles, upstream: Upstream
) -> None:
    claims = claims_of(await open_session(kiosk))
    assert (await asked(kiosk, properly({})(claims, files)))[0] == 200
    assert len(upstream.received) == 1


async def test_no_token_is_missing_and_two_are_invalid(
    kiosk: aiohttp.ClientSession, upstream: Upstream
) -> None:
    token = await open_session(kiosk)
    assert await asked(kiosk) == (401, "token_missing")
    assert await asked(kiosk, token, token) == (401, "token_invalid")
    assert upstream.received == []


async def test_a_token_counts_until_the_second_it_expires(
    kiosk: aiohttp.ClientSession, clock: FakeFleetClock, upstream: Upstream
) -> None:
    token = await open_session(kiosk)
    clock.advance(4 * 3600 - 1)
    assert (await asked(kiosk, token))[0] == 200
    clock.advance(1)
    assert await asked(kiosk, token) == (401, "token_expired")
    assert len(upstream.received) == 1


async def test_tokens_of_the_key_before_count_after_a_change_of_keys(
    kiosk: aiohttp.ClientSession, files: FleetFiles, clock: FakeFleetClock, upstream: Upstream
) -> None:
    old = await open_session(kiosk)
    new_key = files.folder / "new-key.json"
    make_keys(new_key, files.public_keys)
    changed = await serving(files, clock, upstream, signing_key_file=str(new_key))
    async with aiohttp.ClientSession(changed.make_url("/")) as later:
        new = await open_session(later)
        assert jwt.get_unverified_header(new)["kid"] != jwt.get_unverified_header(old)["kid"]
        assert (await asked(later, old))[0] == 200
        assert (await asked(later, new))[0] == 200
    await changed.close()
    # The service that does not know the new key yet refuses it.
    assert await asked(kiosk, new) == (401, "token_invalid")


async def test_a_heartbeat_is_taken_of_the_tokens_own_kiosk_only(
    kiosk: aiohttp.ClientSession, clock: FakeFleetClock
) -> None:
    token = {KIOSK_TOKEN_HEADER: await open_session(kiosk)}
    report = {
        "kiosk_id": KIOSK_ID,
        "journal_id": "0197a000-0000-7000-8000-000000000001",
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": "2026-11-24T12:00:00Z",
        "last_sequence": 9,
        "queued": 4,
        "parked": 3,
        "quarantined": 2,
        "from_a_newer_agent": True,
    }

    async def sent(body: dict[str, Any], headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        async with kiosk.post("/v1/heartbeats", json=body, headers=headers) as answer:
            read: dict[str, Any] = await answer.json(content_type=None)
            return answer.status, read

    now = clock.now().isoformat().replace("+00:00", "Z")
    answered = {"server_time": now, "leave": False, "images_wanted": [], "commands": []}
    assert await sent(report, token) == (200, answered)
    status, problem = await sent({**report, "kiosk_id": "old-mill-1", "queued": 99}, token)
    assert (status, problem["code"]) == (403, "not_allowed")
    assert (await sent(report, {}))[1]["code"] == "token_missing"
    status, problem = await sent({**report, "queued": -1}, token)
    assert (status, problem["code"]) == (422, "body_invalid")
    async with kiosk.get("/metrics") as answer:
        text = await answer.text()
    assert "eventpro_fleet_kiosks_seen 1.0" in text
    for name, figure in (("queued", 4), ("parked", 3), ("quarantined", 2)):
        assert f'eventpro_fleet_kiosk_{name}{{kiosk="{KIOSK_ID}"}} {figure}.0' in text
    assert "old-mill-1" not in text
    seen = f'eventpro_fleet_kiosk_last_seen_timestamp_seconds{{kiosk="{KIOSK_ID}"}} '
    assert float(text.split(seen)[1].split()[0]) == clock.now().timestamp()


@pytest.mark.parametrize("instance_id", [None, INSTANCE_ID])
def test_the_ticket_api_takes_a_token_whichever_way_its_kiosk_proved_itself(
    files: FleetFiles, instance_id: str | None
) -> None:
    told = {"kiosk_id": KIOSK_ID, "kiosk_code": "HB1", "venue_id": "hall", "venue_name": "Hall"}
    tokens = SessionTokens(load_signing_key(files.signing_key), SystemClock(), ttl_s=60)
    proven = ProvenKiosk(KioskIdentity.model_validate(told), instance_id)
    token = tokens.sign(proven, JOURNAL_ID)
    assert tokens.verify(token).instance_id == instance_id
    gate = TokenGate(FleetKeyFile(files.public_keys), "0" * 64, leeway_s=0)
    claims = gate.kiosk(token)
    assert (claims.sub, claims.jid) == (KIOSK_ID, JOURNAL_ID)
