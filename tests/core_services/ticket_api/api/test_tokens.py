"""Who is asking: each way in which a kiosk's or the operators' token can be wrong."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.ticket_api import OPS_TOKEN, Answer, Caller, Fleet, World
from tests.support.till import Till

KIOSK_ROUTES = ["/v1/catalogue", "/v1/keys", "/v1/gate-feed", f"/v1/journals/{UUID(int=7)}"]
OPS_ROUTES = ["/v1/ops/ledger"]


def carrying(api: World, token: str) -> Caller:
    """Return the line of someone who carries a token."""
    return Caller(api.session, {"EventPro-Kiosk-Token": token})


def part(value: Any) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def unsigned(fleet: Fleet) -> str:
    """Return a token that says that it needs no signature."""
    body = fleet.token().split(".")[1]
    return f"{part({'alg': 'none', 'typ': 'JWT', 'kid': fleet.kid})}.{body}."


def by_public_key(fleet: Fleet) -> str:
    """Return a token whose HMAC has the fleet's public key for its secret."""
    signed = f"{part({'alg': 'HS256', 'kid': fleet.kid})}.{fleet.token().split('.')[1]}"
    secret = fleet.key.public_key().public_bytes_raw()
    mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def by_another_key(fleet: Fleet) -> str:
    return Fleet(fleet.file, fleet.kid, Ed25519PrivateKey.generate()).token()


def under_an_unknown_name(fleet: Fleet) -> str:
    return Fleet(fleet.file, "fleet-9", fleet.key).token()


def without_a_name(fleet: Fleet) -> str:
    claims = jwt.decode(fleet.token(), options={"verify_signature": False})
    return jwt.encode(claims, fleet.key, algorithm="EdDSA")


def with_another_body(fleet: Fleet) -> str:
    header, _, signature = fleet.token().split(".")
    body = jwt.decode(fleet.token(), options={"verify_signature": False})
    return f"{header}.{part({**body, 'sub': 'kiosk-b'})}.{signature}"


def saying(**changes: Any) -> Callable[[Fleet], str]:
    """Return what makes a well-signed token that says something else."""
    return lambda fleet: fleet.token(**changes)


WRONG: dict[str, Callable[[Fleet], str]] = {
    "no token at all": lambda _: "nonsense",
    "half a token": lambda fleet: fleet.token()[:-20],
    "only dots": lambda _: "..",
    "too long": lambda fleet: fleet.token(padding="x" * 4000),
    "alg none": unsigned,
    "alg HS256 with the public key": by_public_key,
    "another key": by_another_key,
    "an unknown key's name": under_an_unknown_name,
    "no key's name": without_a_name,
    "another body": with_another_body,
    "another audience": saying(aud="eventpro-fleet"),
    "another issuer": saying(iss="someone"),
    "issued in the future": saying(iat=int(time.time()) + 3600),
    "not valid yet": saying(nbf=int(time.time()) + 3600),
    **{f"no {name}": saying(**{name: None}) for name in ("aud", "iss", "exp", "iat", "sub")},
    **{f"no {name}": saying(**{name: None}) for name in ("venue", "venue_name", "code", "jid")},
    "a kiosk id that is none": saying(sub="Kiosk A"),
    "a venue that is none": saying(venue="../etc"),
}


def refused(answer: Answer, code: str) -> None:
    """Assert a 401 that says what, why and what to do."""
    assert (answer.status, answer.code) == (401, code)
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.body["retryable"] is False
    for name in ("title", "detail", "hint"):
        assert answer.body[name], name


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG.keys())
async def test_a_token_that_is_wrong_in_any_way_is_refused_and_changes_nothing(
    api: World, till: Till, make: Callable[[Fleet], str]
) -> None:
    before = api.everything()
    stranger = carrying(api, make(api.fleet))

    answers = [
        await stranger.get("/v1/catalogue"),
        await stranger.grant(till.journal_id, 1),
        await stranger.post(
            "/v1/transactions", {"journal_id": str(till.journal_id), "items": [till.shift()]}
        ),
    ]

    for answer in answers:
        refused(answer, "token_invalid")
    assert api.everything() == before


async def test_a_token_that_has_expired_is_refused_once_the_leeway_is_over(api: World) -> None:
    now = int(time.time())

    within = await carrying(api, api.fleet.token(exp=now - 5)).get("/v1/catalogue")
    over = await carrying(api, api.fleet.token(exp=now - 31)).get("/v1/catalogue")

    assert within.status == 200
    refused(over, "token_expired")


@pytest.mark.parametrize("path", KIOSK_ROUTES)
async def test_every_kiosk_route_asks_for_a_token_and_the_operators_is_none(
    api: World, path: str
) -> None:
    refused(await api.nobody().get(path), "token_missing")
    refused(await api.ops().get(path), "token_missing")
    refused(await carrying(api, OPS_TOKEN).get(path), "token_invalid")
    refused(await api.nobody().post(path), "token_missing")


async def test_every_ops_route_asks_for_the_operators_token(api: World, kiosk: Caller) -> None:
    before = api.everything()
    routes = [
        ("GET", "/v1/ops/ledger"),
        ("POST", "/v1/ops/write-offs"),
        ("POST", "/v1/ops/keys"),
        ("PUT", "/v1/ops/events/tempest"),
        ("POST", "/v1/ops/events/tempest/cancel"),
        ("GET", "/v1/ops/no-such-thing"),
    ]
    for method, path in routes:
        refused(await kiosk.send(method, path), "token_missing")
        for token in ("wrong", OPS_TOKEN + " ", OPS_TOKEN.upper(), "\u00e9"):
            answer = await api.nobody().send(
                method, path, headers={"EventPro-Ops-Token": token + "x"}
            )
            refused(answer, "token_invalid")
    assert api.everything() == before


async def test_the_fleets_keys_rotate_without_a_restart(api: World) -> None:
    new = Fleet(api.fleet.file, "fleet-2")
    early = await carrying(api, new.token()).get("/v1/catalogue")
    api.fleet.publish(new)
    both = [
        (await carrying(api, each.token()).get("/v1/catalogue")).status for each in (api.fleet, new)
    ]
    new.publish()
    old = await carrying(api, api.fleet.token()).get("/v1/catalogue")

    refused(early, "token_invalid")
    assert both == [200, 200]
    refused(old, "token_invalid")


@pytest.mark.parametrize("spoil", ["{", '{"keys": [{"kid": "fleet-1"}]}'])
async def test_the_last_good_fleet_keys_hold_when_their_file_breaks(
    api: World, kiosk: Caller, spoil: str
) -> None:
    assert (await kiosk.get("/v1/catalogue")).status == 200
    api.fleet.file.write_text(spoil)
    assert (await kiosk.get("/v1/catalogue")).status == 200
    api.fleet.file.unlink()
    assert (await kiosk.get("/v1/catalogue")).status == 200


async def test_without_the_fleets_keys_kiosks_are_asked_to_wait(api: World, kiosk: Caller) -> None:
    api.fleet.file.write_text('{"keys": []}')

    answer = await kiosk.get("/v1/catalogue")
    ready = await api.nobody().get("/readyz")

    assert (answer.status, answer.code, answer.body["retryable"]) == (503, "upstream_busy", True)
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.body["hint"]
    assert (ready.status, ready.body["reasons"]) == (
        503,
        ["the fleet service's public keys have not been set up"],
    )


async def test_ids_in_bodies_decide_nothing(api: World, kiosk: Caller, till: Till) -> None:
    """Whoever asks is the token's kiosk, whatever a body says beside it."""
    thief = api.kiosk("kiosk-b")
    said = {"kiosk_id": "kiosk-a", "sub": "kiosk-a", "venue": "old-mill"}
    granted = await thief.grant(till.journal_id, 1, **said)
    body = {"journal_id": str(till.journal_id), "items": [till.shift(**said)], **said}
    uploaded = await thief.post("/v1/transactions", body)

    assert (granted.status, uploaded.status) == (201, 200)
    assert (await api.body("journal", till.journal_id))["kiosk_id"] == "kiosk-b"
    owner = uploaded.body["outcomes"][0]["txn_id"]
    assert (await api.body("transaction", owner))["kiosk_id"] == "kiosk-b"
    (serial,) = [ticket["serial"] for ticket in granted.body["tickets"]]
    assert (await api.body("serial", serial))["kiosk_id"] == "kiosk-b"
    late = await kiosk.grant(till.journal_id, 1)
    assert (late.status, late.code) == (403, "journal_of_another_kiosk")


async def test_another_kiosks_token_opens_nothing_of_a_journal_and_changes_nothing(
    api: World, kiosk: Caller, till: Till
) -> None:
    request_id = str(uuid4())
    await kiosk.grant(till.journal_id, 2, request_id=request_id)
    sale = till.shift()
    await kiosk.upload(till.journal_id, sale)
    before = api.everything()
    thief = api.kiosk("kiosk-b")

    answers = [
        await thief.grant(till.journal_id, 2, request_id=request_id),
        await thief.grant(till.journal_id, 1),
        await thief.post(
            "/v1/transactions", {"journal_id": str(till.journal_id), "items": [till.shift(), sale]}
        ),
        await thief.get(f"/v1/journals/{till.journal_id}"),
    ]

    for answer in answers:
        assert (answer.status, answer.code) == (403, "journal_of_another_kiosk")
        assert answer.body["detail"]
        assert answer.body["hint"]
    assert api.everything() == before


async def test_the_gates_of_another_venue_learn_nothing_of_this_one(
    api: World, kiosk: Caller, till: Till
) -> None:
    await kiosk.upload(till.journal_id, till.admission("0000000000"))

    far = await api.kiosk("kiosk-m", "old-mill").get("/v1/gate-feed")

    assert (far.body["entries"], far.body["next_cursor"]) == ([], 0)
    assert len((await kiosk.get("/v1/gate-feed")).body["entries"]) == 1
