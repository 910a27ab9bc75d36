"""Kiosks prove who they are over HTTP: the real app, files and sockets; only time is ours."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp.test_utils import TestServer

from fleet_service.runtime import build_app
from fleet_service.sessions.keys import load_public_keys
from fleet_service.sessions.secret_hash import SecretHash
from fleet_service.settings import FleetSettings
from kiosk_contracts.problem import PROBLEM_CONTENT_TYPE
from tests.support.fleet import (
    JOURNAL_ID,
    KIOSK_ID,
    OTHER_KIOSK_ID,
    OTHER_SECRET,
    SECRET,
    FakeFleetClock,
    FleetFiles,
    registered,
    session_request,
)


@pytest.fixture
def clock() -> FakeFleetClock:
    return FakeFleetClock()


@pytest.fixture
def files(tmp_path: Path) -> FleetFiles:
    return FleetFiles(tmp_path).write()


@pytest.fixture
async def kiosk(files: FleetFiles, clock: FakeFleetClock) -> AsyncIterator[aiohttp.ClientSession]:
    settings = FleetSettings.model_validate(
        files.settings("http://127.0.0.1:9", proof_failures_allowed=3, proof_pause_s=30, proxies=1)
    )
    server = TestServer(await build_app(settings, clock=clock))
    await server.start_server()
    async with aiohttp.ClientSession(server.make_url("/")) as session:
        yield session
    await server.close()


async def ask(
    kiosk: aiohttp.ClientSession, body: object, *, at: str = "192.0.2.7"
) -> tuple[int, dict[str, Any]]:
    sent: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
    headers = {"X-Forwarded-For": at}
    async with kiosk.post("/v1/sessions", **sent, headers=headers) as answer:
        if answer.status != 201:
            assert answer.content_type == PROBLEM_CONTENT_TYPE
        read: dict[str, Any] = await answer.json(content_type=None)
        return answer.status, read


async def test_a_registered_kiosk_gets_a_token_that_the_public_key_file_verifies(
    kiosk: aiohttp.ClientSession, files: FleetFiles, clock: FakeFleetClock
) -> None:
    status, session = await ask(kiosk, session_request())
    assert status == 201
    assert session["kiosk"] == {
        "kiosk_id": KIOSK_ID,
        "kiosk_code": "HB1",
        "venue_id": "harbour-hall",
        "venue_name": "Harbour Hall",
    }
    assert session["expires_in_s"] == 4 * 3600
    assert session["server_time"] == clock.now().isoformat().replace("+00:00", "Z")
    header = jwt.get_unverified_header(session["token"])
    claims = jwt.decode(
        session["token"],
        load_public_keys(files.public_keys)[header["kid"]],
        algorithms=["EdDSA"],
        audience="eventpro-ticket-api",
        issuer="eventpro-fleet",
        options={"verify_exp": False, "verify_iat": False},
    )
    issued = int(clock.now().timestamp())
    assert claims == {
        "iss": "eventpro-fleet",
        "aud": "eventpro-ticket-api",
        "sub": KIOSK_ID,
        "code": "HB1",
        "venue": "harbour-hall",
        "venue_name": "Harbour Hall",
        "jid": str(JOURNAL_ID),
        "iat": issued,
        "exp": issued + 4 * 3600,
    }


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        (session_request(secret="wrong"), "proof_refused"),
        (session_request(secret=OTHER_SECRET), "proof_refused"),
        (session_request(secret=""), "proof_refused"),
        (session_request(secret="x" * 201), "proof_refused"),
        (session_request(secret=SECRET + "\ud800"), "proof_refused"),
        (session_request(kiosk_id="nobody"), "kiosk_unknown"),
        ({**session_request(), "proof": {"scheme": "sts", "url": "x"}}, "proof_refused"),
        ({**session_request(), "proof": {}}, "proof_refused"),
        ({**session_request(), "proof": {"scheme": "enrolment_secret"}}, "proof_refused"),
    ],
)
async def test_a_wrong_proof_is_refused_with_403(
    kiosk: aiohttp.ClientSession, request_body: dict[str, Any], code: str
) -> None:
    status, problem = await ask(kiosk, request_body)
    assert (status, problem["code"], problem["retryable"]) == (403, code, False)
    assert SECRET not in str(problem)


@pytest.mark.parametrize(
    ("body", "status", "code", "about"),
    [
        (b"hello", 400, "body_not_json", ""),
        (b"", 400, "body_not_json", ""),
        (b"\xff\xfe", 400, "body_not_json", ""),
        (b'{"kiosk_id": NaN}', 400, "body_not_json", ""),
        pytest.param(b"[" * 16_000, 400, "body_not_json", "", id="deep"),
        (b"[]", 422, "body_invalid", "body"),
        (b"{}", 422, "body_invalid", "journal_id"),
        ({**session_request(), "kiosk_id": "../x"}, 422, "body_invalid", "kiosk_id"),
        ({**session_request(), "journal_id": "7"}, 422, "body_invalid", "journal_id"),
        ({**session_request(), "proof": SECRET}, 422, "body_invalid", "proof"),
        ({**session_request(), "proof": {"secret": {"a": SECRET}}}, 422, "body_invalid", "proof"),
    ],
)
async def test_a_body_that_does_not_fit_is_told_by_its_field_and_never_echoed(
    kiosk: aiohttp.ClientSession, body: object, status: int, code: str, about: str
) -> None:
    got, problem = await ask(kiosk, body)
    assert (got, problem["code"]) == (status, code)
    assert about in problem["detail"]
    assert SECRET not in str(problem)


async def test_after_some_wrong_secrets_a_kiosk_has_to_pause(
    kiosk: aiohttp.ClientSession, clock: FakeFleetClock
) -> None:
    for _ in range(3):
        assert (await ask(kiosk, session_request(secret="wrong")))[0] == 403
    headers = {"X-Forwarded-For": "192.0.2.7"}
    async with kiosk.post("/v1/sessions", json=session_request(), headers=headers) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "30")
        problem = await answer.json(content_type=None)
        assert (problem["code"], problem["retryable"]) == ("proof_refused", True)
    other = session_request(OTHER_KIOSK_ID, OTHER_SECRET)
    assert (await ask(kiosk, other))[0] == 201
    clock.advance(29.5)
    assert (await ask(kiosk, session_request()))[0] == 429
    clock.advance(0.5)
    assert (await ask(kiosk, session_request()))[0] == 201


async def test_who_guesses_a_kiosk_s_secret_elsewhere_does_not_hold_it_back(
    kiosk: aiohttp.ClientSession,
) -> None:
    guess = session_request(secret="wrong")
    told = [(await ask(kiosk, guess, at="198.51.100.1"))[0] for _ in range(5)]
    assert told == [403, 403, 403, 429, 429]
    assert (await ask(kiosk, session_request()))[0] == 201
    assert (await ask(kiosk, guess, at="198.51.100.1"))[0] == 429


async def test_a_crowd_that_guesses_at_once_leaves_a_kiosk_its_turn(
    kiosk: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each hash takes until it is let go: those of two kiosks at once, of one the others wait."""
    begun, go_on = threading.Semaphore(0), threading.Semaphore(0)
    hashed: list[str] = []
    truth = SecretHash.matches

    def slowly(self: SecretHash, secret: str) -> bool:
        hashed.append(secret)
        begun.release()
        go_on.acquire(timeout=20)
        return truth(self, secret)

    monkeypatch.setattr(SecretHash, "matches", slowly)
    guess = session_request(secret="wrong")
    crowd = []
    for number in range(4):
        crowd.append(asyncio.create_task(ask(kiosk, guess, at=f"198.51.100.{number}")))
        if not number:
            await asyncio.to_thread(begun.acquire)
    other = session_request(OTHER_KIOSK_ID, OTHER_SECRET)
    asked = asyncio.create_task(ask(kiosk, other))
    # The other kiosk's begins though four of the first are there.
    assert await asyncio.to_thread(begun.acquire, timeout=30)
    assert hashed == ["wrong", OTHER_SECRET]
    for _ in range(5):
        go_on.release()
    assert (await asked)[0] == 201
    assert {(await one)[0] for one in crowd} == {403}


async def test_a_right_secret_forgets_the_wrong_ones_before(kiosk: aiohttp.ClientSession) -> None:
    for _ in range(3):
        for _ in range(2):
            assert (await ask(kiosk, session_request(secret="wrong")))[0] == 403
        assert (await ask(kiosk, session_request()))[0] == 201


async def test_kiosks_added_and_removed_in_the_file_count_without_a_restart(
    kiosk: aiohttp.ClientSession, files: FleetFiles
) -> None:
    added = session_request("new-kiosk", "new-secret")
    assert (await ask(kiosk, added))[0] == 403
    files.register(registered("new-kiosk", "NK1", "harbour-hall", "new-secret"))
    assert (await ask(kiosk, added))[0] == 201
    assert (await ask(kiosk, session_request()))[0] == 403


async def test_a_kiosks_file_spoilt_while_running_leaves_the_last_good_one(
    kiosk: aiohttp.ClientSession, files: FleetFiles
) -> None:
    for spoilt in ("{", '{"kiosks": [{"kiosk_id": "x"}]}'):
        files.kiosks.write_text(spoilt)
        assert (await ask(kiosk, session_request()))[0] == 201
    files.kiosks.unlink()
    assert (await ask(kiosk, session_request()))[0] == 201


async def test_an_answer_with_a_token_is_not_to_be_stored(kiosk: aiohttp.ClientSession) -> None:
    async with kiosk.post("/v1/sessions", json=session_request()) as answer:
        assert answer.headers["Cache-Control"] == "no-store"


async def test_session_requests_are_counted_by_result(kiosk: aiohttp.ClientSession) -> None:
    await ask(kiosk, session_request())
    await ask(kiosk, session_request(secret="wrong"))
    async with kiosk.get("/metrics") as answer:
        text = await answer.text()
    assert 'eventpro_fleet_sessions_total{result="opened"} 1.0' in text
    assert 'eventpro_fleet_sessions_total{result="proof_refused"} 1.0' in text


async def test_a_body_that_cannot_be_decoded_is_refused(kiosk: aiohttp.ClientSession) -> None:
    encoded = {"Content-Encoding": "gzip"}
    async with kiosk.post("/v1/sessions", data=b"{}", headers=encoded) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (400, "body_not_json")
