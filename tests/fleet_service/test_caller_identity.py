"""Kiosks prove themselves by their hosts' role: real app, real HTTP to an STS that verifies."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from aiohttp import web

from fleet_service.runtime import build_app
from fleet_service.sessions import caller_identity
from fleet_service.sessions.secret_hash import SecretHash
from fleet_service.settings import FleetSettings
from kiosk_contracts.sessions import AUDIENCE_HEADER
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.fleet import (
    KIOSK_ID,
    OTHER_KIOSK_ID,
    FleetFiles,
    session_request,
)
from tests.support.host_office import (
    AUDIENCE,
    INSTANCES,
    OTHER_KEY,
    Office,
    host_office,
    kiosk,
    proof_of,
    refused,
)
from tests.support.sts import (
    ACCOUNT,
    HOST,
    INSTANCE_ID,
    OTHER_INSTANCE_ID,
    ROLE,
    Key,
)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with host_office(tmp_path) as built:
        yield built


async def test_a_host_s_role_opens_its_kiosk_s_session(office: Office) -> None:
    status, session = await office.prove()
    assert (status, session["kiosk"]["kiosk_id"]) == (201, KIOSK_ID)
    [asked] = office.sts.received
    assert (asked.method, asked.headers["Host"], asked.body) == ("GET", HOST, b"")
    assert asked.headers["Accept"] == "application/json"
    assert asked.headers[AUDIENCE_HEADER] == AUDIENCE


async def test_a_proof_counts_once_also_for_two_at_the_same_time(office: Office) -> None:
    nonce = await office.nonce()
    proof = proof_of(nonce, office.presigned(nonce))
    told = await asyncio.gather(office.open(proof), office.open(proof))
    assert sorted(status for status, _ in told) == [201, 403]
    assert "used before" in refused(await office.open(proof), code="proof_refused")


async def test_a_proof_for_another_nonce_or_audience_is_refused_by_the_signature(
    office: Office,
) -> None:
    url = office.presigned(await office.nonce())
    told = await office.open(proof_of(await office.nonce(), url))
    assert "SignatureDoesNotMatch" in refused(told, code="proof_refused")
    told = await office.prove(audience="staging.example.com")
    assert "SignatureDoesNotMatch" in refused(told, code="proof_refused")


async def test_a_nonce_that_has_expired_or_is_none_of_ours_asks_no_sts(office: Office) -> None:
    nonce = await office.nonce()
    office.clock.advance(120)
    told = await office.open(proof_of(nonce, office.presigned(nonce)))
    assert "expired" in refused(told, code="proof_refused")
    made_up = "A" * 48
    told = await office.open(proof_of(made_up, office.presigned(made_up)))
    assert "none of ours" in refused(told, code="proof_refused")
    assert not office.sts.received


async def test_what_was_signed_too_long_ago_or_ahead_of_time_asks_no_sts(office: Office) -> None:
    for drift in (timedelta(minutes=-7), timedelta(minutes=6)):
        nonce, now = await office.nonce(), office.clock.wall
        office.clock.wall = now + drift
        url = office.presigned(nonce)
        office.clock.wall = now
        words = refused(await office.open(proof_of(nonce, url)), code="proof_refused")
        assert "does not count at 12:00:00" in words
        assert "clock" in words
    assert not office.sts.received


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("https", "http"),
        lambda url: url.replace(HOST, "sts.eu-central-1.amazonaws.com.evil.example"),
        lambda url: f"{url}&action=GetSessionToken",
        lambda url: f"{url}&Action=GetCallerIdentity",
        lambda url: url.replace(AUDIENCE_HEADER, "x-other"),
        lambda url: url + "&" + "x" * 5000,
    ],
)
async def test_what_is_no_presigned_caller_identity_goes_nowhere(
    office: Office, change: Callable[[str], str]
) -> None:
    nonce = await office.nonce()
    words = refused(
        await office.open(proof_of(nonce, change(office.presigned(nonce)))), code="proof_refused"
    )
    assert "no presigned GetCallerIdentity" in words
    assert not office.sts.received
    # The nonce was not spent on it.
    assert (await office.open(proof_of(nonce, office.presigned(nonce))))[0] == 201


@pytest.mark.parametrize(
    "proof",
    [
        {"scheme": "caller_identity"},
        {"scheme": "caller_identity", "nonce": "short", "url": "https://x"},
        {"scheme": "caller_identity", "nonce": "n" * 22, "url": 7},
        {"scheme": "caller_identity", "nonce": "n" * 22},
    ],
)
async def test_half_a_proof_is_refused(office: Office, proof: dict[str, object]) -> None:
    status, told = await office.open(proof)
    assert (status, told["code"]) in {(403, "proof_refused"), (422, "body_invalid")}
    assert not office.sts.received


@pytest.mark.parametrize(
    ("arn", "account", "why"),
    [
        (f"arn:aws:sts::999999999999:assumed-role/{ROLE}/{INSTANCE_ID}", "999999999999", "account"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{INSTANCE_ID}", "999999999999", "account"),
        (f"arn:aws:sts::999999999999:assumed-role/{ROLE}/{INSTANCE_ID}", ACCOUNT, "account"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/{INSTANCE_ID}", ACCOUNT, "another role"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/i-0a1b2c3d4e5f60718", ACCOUNT, "no managed"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{INSTANCE_ID}x", ACCOUNT, "no managed"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/olga", ACCOUNT, "no managed instance"),
        (f"arn:aws:iam::{ACCOUNT}:user/{INSTANCE_ID}", ACCOUNT, "no role"),
        (f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, "no role"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/{INSTANCE_ID}", ACCOUNT, "no role"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/x/{ROLE}/{INSTANCE_ID}", ACCOUNT, "no role"),
    ],
)
async def test_who_is_no_managed_instance_of_ours_is_no_kiosk(
    office: Office, arn: str, account: str, why: str
) -> None:
    office.sts.keys = [replace(Key(), arn=arn, account=account)]
    assert why in refused(await office.prove(), code="proof_refused")


async def test_a_host_opens_no_other_kiosk_s_session(office: Office) -> None:
    office.sts.keys.append(OTHER_KEY)
    words = refused(await office.prove(OTHER_KIOSK_ID), code="proof_refused")
    assert f"{INSTANCE_ID} is not the host of {OTHER_KIOSK_ID}" in words
    assert (await office.prove(OTHER_KIOSK_ID, key=OTHER_KEY))[0] == 201
    assert "nobody" in refused(await office.prove("nobody"), code="kiosk_unknown")


async def test_a_pending_kiosk_waits_and_a_revoked_one_is_out_at_once(office: Office) -> None:
    office.register("pending")
    status, told = await office.prove()
    assert (status, told["code"], told["retryable"]) == (403, "kiosk_pending", True)
    office.register("active")
    status, session = await office.prove()
    assert status == 201
    headers = {KIOSK_TOKEN_HEADER: session["token"]}
    async with office.http.get("/v1/catalogue", headers=headers) as answer:
        # Past our door; there is no ticket API behind it.
        assert (await answer.json(content_type=None))["code"] == "upstream_failed"
    for standing, code in (("revoked", "kiosk_revoked"), ("retired", "kiosk_retired")):
        office.register("active")
        assert (await office.prove())[0] == 201
        office.register(standing)
        refused(await office.prove(), code=code)
        async with office.http.get("/v1/catalogue", headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (403, code)


async def test_a_token_says_which_host_it_was_given_to(office: Office) -> None:
    _, session = await office.prove()
    claims = jwt.decode(session["token"], options={"verify_signature": False})
    assert claims["mi"] == INSTANCE_ID


async def test_the_token_of_a_host_that_was_replaced_counts_no_more(office: Office) -> None:
    office.sts.keys.append(OTHER_KEY)
    _, old = await office.prove()
    office.files.register(kiosk(KIOSK_ID, "HB1", OTHER_INSTANCE_ID))
    status, new = await office.prove(key=OTHER_KEY)
    assert status == 201
    words = refused(await office.catalogue(old), status=401, code="token_invalid")
    assert "another host" in words
    assert (await office.catalogue(new))[1]["code"] == "upstream_failed"
    assert f"{INSTANCE_ID} is not the host" in refused(await office.prove(), code="proof_refused")


@pytest.mark.parametrize(
    ("standing", "code"), [("pending", "kiosk_pending"), ("expected", "kiosk_pending")]
)
async def test_the_token_of_a_kiosk_that_waits_again_counts_no_more(
    office: Office, standing: str, code: str
) -> None:
    _, session = await office.prove()
    office.register(standing)
    refused(await office.prove(), code=code)
    told = await office.catalogue(session)
    assert "not confirmed that this host" in refused(told, code=code)
    office.register("active")
    await office.prove()
    assert (await office.catalogue(session))[1]["code"] == "upstream_failed"


async def test_the_token_of_a_kiosk_that_is_registered_no_more_counts_no_more(
    office: Office,
) -> None:
    _, session = await office.prove()
    office.files.register(kiosk(OTHER_KIOSK_ID, "OM1", OTHER_INSTANCE_ID))
    refused(await office.prove(), code="kiosk_unknown")
    refused(await office.catalogue(session), code="kiosk_unknown")


async def test_a_secret_s_token_and_a_host_s_are_not_each_other_s(office: Office) -> None:
    by_host = kiosk(KIOSK_ID, "HB1", INSTANCE_ID)
    by_secret = {**by_host, "secret_hash": str(SecretHash.of("horse"))}
    by_either = dict(by_secret)
    del by_secret["instance_id"]
    proof = {"scheme": "enrolment_secret", "secret": "horse"}
    _, of_host = await office.prove()
    office.files.register(by_either)
    status, of_secret = await office.open(proof)
    assert status == 201
    claims = jwt.decode(of_secret["token"], options={"verify_signature": False})
    assert "mi" not in claims
    for session in (of_host, of_secret):
        assert (await office.catalogue(session))[1]["code"] == "upstream_failed"
    office.files.register(by_secret)
    assert (await office.open(proof))[0] == 201
    refused(await office.catalogue(of_host), status=401, code="token_invalid")
    office.files.register(by_host)
    assert (await office.prove())[0] == 201
    refused(await office.catalogue(of_secret), status=401, code="token_invalid")


async def test_nobody_s_proof_asks_no_sts(office: Office) -> None:
    secret = {"kiosk_id": "by-secret", "kiosk_code": "BS1", "venue_id": "v", "venue_name": "V"}
    secret["secret_hash"] = str(SecretHash.of("horse"))
    office.files.register(kiosk(KIOSK_ID, "HB1", INSTANCE_ID), secret)
    refused(await office.prove("nobody"), code="kiosk_unknown")
    assert "has no host" in refused(await office.prove("by-secret"), code="proof_refused")
    assert not office.sts.received


async def test_a_kiosk_that_is_revoked_while_sts_answers_gets_no_session(office: Office) -> None:
    truth = office.sts.behave

    async def revokes(request: web.Request, body: bytes) -> web.StreamResponse:
        office.register("revoked")
        return await truth(request, body)

    office.sts.behave = revokes
    refused(await office.prove(), code="kiosk_revoked")


async def test_a_crowd_waits_a_while_and_is_then_asked_to_come_back_with_its_nonces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller_identity, "_LONGEST_WAIT_S", 0.3)
    monkeypatch.setattr(caller_identity, "_OF_ONE", 20)
    async with host_office(tmp_path) as office:
        await _crowd(office)


async def _crowd(office: Office) -> None:
    truth, full, go_on = office.sts.behave, asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request, body: bytes) -> web.StreamResponse:
        if len(office.sts.received) == 20:
            full.set()
        await go_on.wait()
        return await truth(request, body)

    office.sts.behave = slow
    crowd = [asyncio.create_task(office.prove()) for _ in range(20)]
    await asyncio.wait_for(full.wait(), 60)
    nonce = await office.nonce()
    proof = proof_of(nonce, office.presigned(nonce))
    told = await office.open(proof)
    assert "was not looked at" in refused(told, status=503, code="upstream_busy")
    assert told[1]["retryable"] is True
    assert len(office.sts.received) == 20
    go_on.set()
    assert {status for status, _ in await asyncio.gather(*crowd)} == {201}
    assert (await office.open(proof))[0] == 201


async def test_who_has_no_turn_is_told_when_it_will_be_and_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one turn in thirty seconds, as it is guessed while nothing is known."""
    monkeypatch.setattr(caller_identity, "_ASKED_AT_ONCE", 1)
    monkeypatch.setattr(caller_identity, "_WAITING", 0)
    monkeypatch.setattr(caller_identity, "_LONGEST_WAIT_S", 30)
    async with host_office(tmp_path) as office:
        truth, asked, go_on = office.sts.behave, asyncio.Event(), asyncio.Event()

        async def slow(request: web.Request, body: bytes) -> web.StreamResponse:
            asked.set()
            await go_on.wait()
            return await truth(request, body)

        office.sts.behave = slow
        first = asyncio.create_task(office.prove())
        await asyncio.wait_for(asked.wait(), 60)
        told = [await _again_s(office, one) for one in (OTHER_KIOSK_ID, KIOSK_ID, OTHER_KIOSK_ID)]
        assert told == ["1", "21", "1"]
        go_on.set()
        assert (await first)[0] == 201


async def _again_s(office: Office, kiosk_id: str) -> str:
    nonce = await office.nonce()
    body = {**session_request(kiosk_id), "proof": proof_of(nonce, office.presigned(nonce))}
    async with office.http.post("/v1/sessions", json=body) as answer:
        assert answer.status == 503
        return answer.headers["Retry-After"]


async def test_an_sts_that_is_asked_too_often_is_asked_again_in_the_same_turn(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller_identity, "_ASK_STS_AGAIN_S", 0)
    truth = office.sts.behave

    async def busy_twice(request: web.Request, body: bytes) -> web.StreamResponse:
        if len(office.sts.received) <= 2:
            return web.json_response({"Error": {"Code": "Throttling"}}, status=400)
        return await truth(request, body)

    office.sts.behave = busy_twice
    assert (await office.prove())[0] == 201
    assert len(office.sts.received) == 3
    assert len({each.target for each in office.sts.received}) == 1, "the same proof"


@pytest.mark.parametrize("status", [400, 429])
async def test_an_sts_that_is_asked_too_often_for_long_is_left_alone_for_a_while(
    office: Office, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(caller_identity, "_ASK_STS_AGAIN_S", 0)
    office.sts.answer = (status, '{"Error": {"Code": "Throttling"}}', {})
    told = await office.prove()
    refused(told, status=503, code="upstream_busy")
    assert len(office.sts.received) == caller_identity._ASK_STS_TIMES


async def test_a_kiosk_with_a_host_can_not_use_a_secret(office: Office) -> None:
    told = await office.open({"scheme": "enrolment_secret", "secret": "guess"})
    assert "by its host" in refused(told, code="proof_refused")


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (302, "", {"Location": "http://127.0.0.1:1/"}),
        (400, "no JSON and no XML", {}),
        (503, "", {}),
        (200, "no JSON", {}),
        (200, "[]", {}),
        (200, '{"GetCallerIdentityResponse": {"GetCallerIdentityResult": {"Account": 1}}}', {}),
        (200, "x" * 70_000, {}),
        pytest.param(200, "[" * 60_000, {}, id="deep"),
    ],
)
async def test_an_sts_that_does_not_say_who_it_was_is_asked_again(
    office: Office, status: int, body: str, headers: Mapping[str, str]
) -> None:
    office.sts.answer = (status, body, headers)
    told = await office.prove()
    refused(told, status=503, code="upstream_busy")
    assert told[1]["retryable"] is True
    assert len(office.sts.received) == 1


@pytest.mark.parametrize(("more", "status"), [(0, 201), (70_000, 503)])
async def test_an_answer_of_sts_in_pieces_is_read_whole(
    office: Office, more: int, status: int
) -> None:
    truth = office.sts.behave

    async def in_pieces(request: web.Request, body: bytes) -> web.StreamResponse:
        told = await truth(request, body)
        assert isinstance(told, web.Response)
        assert isinstance(told.body, bytes)
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        for piece in (told.body[:20], told.body[20:], b" " * more):
            await answer.write(piece)
            await asyncio.sleep(0.05)
        return answer

    office.sts.behave = in_pieces
    assert (await office.prove())[0] == status


async def test_an_sts_that_is_away_is_asked_again(office: Office) -> None:
    await office.sts.__aexit__(None, None, None)
    refused(await office.prove(), status=503, code="upstream_busy")
    await office.sts.__aenter__()
    assert (await office.prove())[0] == 201


@pytest.mark.parametrize(
    "body", ['{"Error": {"Code": "ExpiredToken"}}', "<Error><Code>ExpiredToken</Code></Error>"]
)
async def test_a_refusal_of_sts_is_said_with_what_to_do(office: Office, body: str) -> None:
    office.sts.answer = (403, body, {})
    words = refused(await office.prove(), code="proof_refused")
    assert "ExpiredToken" in words
    assert "SSM agent" in words


async def test_no_proof_is_in_the_log(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    nonce = await office.nonce()
    url = office.presigned(nonce)
    await office.open(proof_of(nonce, url.replace("https", "http")))
    await office.open(proof_of(nonce, url))
    said = capsys.readouterr()
    assert INSTANCE_ID not in url
    for text in (said.out, said.err):
        assert "Signature" not in text
        assert Key().key_id not in text


@pytest.mark.parametrize("missing", list(INSTANCES))
def test_the_settings_of_instances_belong_together(tmp_path: Path, missing: str) -> None:
    given = {name: value for name, value in INSTANCES.items() if name != missing}
    settings = FleetFiles(tmp_path).settings("http://127.0.0.1:9", **given)
    with pytest.raises(ValueError, match=f"{missing} is missing"):
        FleetSettings.model_validate(settings)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"instance_id": None}, "can't prove itself"),
        ({"instance_id": "i-0a1b2c3d4e5f60718"}, "instance_id"),
        ({"standing": "gone"}, "standing"),
    ],
)
async def test_a_kiosk_that_is_registered_wrong_is_named(
    tmp_path: Path, change: dict[str, object], why: str
) -> None:
    files = FleetFiles(tmp_path).write()
    line = {**kiosk(KIOSK_ID, "HB1", INSTANCE_ID), **change}
    files.kiosks.write_text(json.dumps({"kiosks": [line]}))
    with pytest.raises(Exception, match=why):
        await build_app(FleetSettings.model_validate(files.settings("http://127.0.0.1:9")))


async def test_two_kiosks_have_no_host_in_common(tmp_path: Path) -> None:
    files = FleetFiles(tmp_path).write()
    files.register(kiosk("a", "AA1", INSTANCE_ID), kiosk("b", "BB1", INSTANCE_ID))
    with pytest.raises(Exception, match="two kiosks have the instance_id"):
        await build_app(FleetSettings.model_validate(files.settings("http://127.0.0.1:9")))
