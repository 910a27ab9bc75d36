"""Bad requests: each gets a problem that says what, why and what to do, and changes nothing."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.ticket_api import EVENT, Answer, Caller, World, event, world
from tests.support.till import Till


def refused(answer: Answer, status: int, code: str, *words: str) -> None:
    """Assert a problem body that says what, why and what to do."""
    assert (answer.status, answer.code) == (status, code), answer.body
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.headers["EventPro-Protocol"] == "1"
    assert answer.body["status"] == status
    assert answer.body["retryable"] is False
    for name in ("title", "detail", "hint"):
        assert answer.body[name], name
    for word in words:
        assert word in answer.body["detail"]


POSTS = ["/v1/allotments", "/v1/transactions", "/v1/ops/write-offs"]


def asker(api: World, path: str) -> Caller:
    """Return who may ask there."""
    return api.ops() if path.startswith("/v1/ops/") else api.kiosk()


def text_of(body: Any) -> dict[str, Any]:
    """Return what sends JSON as it is written."""
    return {"data": body, "headers": {"Content-Type": "application/json"}}


NOT_JSON = [
    b"",
    b"{",
    b"nope",
    b"\xff\xfe{}",
    b'{"journal_id": 01}',
    b"[" * 100_000,
    b"1" * 10_000,
]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("raw", NOT_JSON, ids=lambda raw: repr(raw[:20]))
async def test_a_body_that_is_no_json_is_refused(api: World, path: str, raw: bytes) -> None:
    before = api.everything()

    answer = await asker(api, path).send("POST", path, **text_of(raw))

    refused(answer, 400, "body_not_json")
    assert api.everything() == before


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_is_no_json_whatever_it_says_of_itself(api: World, path: str) -> None:
    before = api.everything()
    form = {"data": {"journal_id": str(uuid4())}}
    lying = {"data": b"journal_id=1", "headers": {"Content-Type": "application/json"}}

    for sent in (form, lying):
        refused(await asker(api, path).send("POST", path, **sent), 400, "body_not_json")
    assert api.everything() == before


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", [None, [], "text", 1, {}, {"journal_id": "no uuid"}], ids=str)
async def test_json_that_is_not_as_agreed_is_refused_with_the_field(
    api: World, path: str, body: Any
) -> None:
    before = api.everything()

    answer = await asker(api, path).send("POST", path, **text_of(json.dumps(body)))

    refused(answer, 422, "body_invalid")
    assert "body" in answer.body["detail"] or "_id" in answer.body["detail"]
    assert api.everything() == before


@pytest.mark.parametrize("depth", [61, 5000])
async def test_json_that_is_nested_too_deep_is_refused(api: World, till: Till, depth: int) -> None:
    nested = "[" * depth + "]" * depth
    body = f'{{"journal_id": "{till.journal_id}", "items": [{nested}]}}'

    answer = await api.kiosk().send("POST", "/v1/transactions", **text_of(body))

    assert (answer.status, answer.code) in {(400, "body_not_json"), (422, "body_invalid")}
    assert answer.body["hint"]
    assert await api.store.query("raw", str(till.journal_id)) == []


async def test_json_that_is_nested_as_deep_as_allowed_is_read(api: World, till: Till) -> None:
    # The body and its list of items are two levels of the sixty.
    item: Any = "deep"
    for _ in range(57):
        item = [item]

    (outcome,) = await api.kiosk().upload(till.journal_id, item)

    assert outcome["code"] == "payload_unreadable"
    assert (await api.store.query("raw", str(till.journal_id)))[0].body["item"].count("[") == 57
    body = {"journal_id": str(till.journal_id), "items": [[item]]}
    refused(await api.kiosk().post("/v1/transactions", body), 422, "body_invalid", "60 levels")


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[World]:
    """Run a ticket API that takes bodies of up to 4 KiB."""
    async with world(tmp_path, body_limit_bytes=4096) as running:
        yield running


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_that_is_too_large_is_refused(small: World, path: str) -> None:
    before = small.everything()

    answer = await asker(small, path).post(path, {"filling": "x" * 5000})

    refused(answer, 413, "body_too_large", "4096")
    assert small.everything() == before


@pytest.mark.parametrize("count", [0, 201])
async def test_a_batch_of_no_items_or_too_many_is_refused(
    api: World, kiosk: Caller, till: Till, count: int
) -> None:
    before = api.everything()

    body = {"journal_id": str(till.journal_id), "items": [till.shift()] * count}
    answer = await kiosk.post("/v1/transactions", body)

    refused(answer, 422, "body_invalid", "items")
    assert api.everything() == before


async def test_a_batch_of_as_many_items_as_allowed_settles(kiosk: Caller, till: Till) -> None:
    outcomes = await kiosk.upload(till.journal_id, *(till.shift() for _ in range(200)))

    assert {each["status"] for each in outcomes} == {"settled"}


@pytest.mark.parametrize("version", ["2", "0", "one", "1.0", " ", "1, 1", "9" * 500])
async def test_another_protocol_version_is_refused_on_every_hop_and_names_what_is_spoken(
    api: World, till: Till, version: str
) -> None:
    before = api.everything()
    stated = {"EventPro-Protocol": version}
    body = {"journal_id": str(till.journal_id), "items": [till.shift()]}

    answers = [
        await api.kiosk().send("POST", "/v1/transactions", headers=stated, json=body),
        await api.kiosk().get("/v1/catalogue", headers=stated),
        await api.ops().get("/v1/ops/ledger", headers=stated),
    ]

    for answer in answers:
        refused(answer, 400, "protocol_version_unsupported", "speaks 1")
    assert api.everything() == before


async def test_the_version_that_is_spoken_may_be_stated_or_left_out(kiosk: Caller) -> None:
    stated = await kiosk.get("/v1/catalogue", headers={"EventPro-Protocol": "1"})
    silent = await kiosk.get("/v1/catalogue")

    assert (stated.status, silent.status) == (200, 200)
    assert stated.headers["EventPro-Protocol"] == silent.headers["EventPro-Protocol"] == "1"


GRANTS: list[tuple[dict[str, Any], int, str, str]] = [
    ({"event_id": "nothing"}, 404, "event_unknown", "nothing"),
    ({"ticket_type_id": "nothing"}, 404, "ticket_type_unknown", "nothing"),
    ({"event_id": "../etc"}, 422, "body_invalid", "event_id"),
    ({"quantity": 0}, 422, "body_invalid", "quantity"),
    ({"quantity": -3}, 422, "body_invalid", "quantity"),
    ({"quantity": 501}, 422, "body_invalid", "quantity"),
    ({"quantity": 1.5}, 422, "body_invalid", "quantity"),
    ({"request_id": "again"}, 422, "body_invalid", "request_id"),
]


@pytest.mark.parametrize("case", GRANTS, ids=str)
async def test_a_grant_that_can_not_be_takes_no_place(
    api: World, kiosk: Caller, till: Till, case: tuple[dict[str, Any], int, str, str]
) -> None:
    changes, status, code, word = case
    await kiosk.upload(till.journal_id, till.shift())
    before = api.everything()

    answer = await kiosk.grant(till.journal_id, **{"quantity": 1, **changes})

    refused(answer, status, code, word)
    assert api.everything() == before


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=1.5", "after=9999999999999"])
@pytest.mark.parametrize("path", ["/v1/gate-feed"])
async def test_a_cursor_that_can_not_be_is_refused(kiosk: Caller, path: str, query: str) -> None:
    refused(await kiosk.get(f"{path}?{query}"), 422, "body_invalid", "after")


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", ""])
async def test_a_limit_that_can_not_be_is_refused(kiosk: Caller, limit: str) -> None:
    refused(await kiosk.get(f"/v1/gate-feed?limit={limit}"), 422, "body_invalid", "limit", "1000")


@pytest.mark.parametrize("name", ["No\x07rth", "a\nb", "\u202eevil", "", "x" * 121])
async def test_control_characters_and_absurd_names_are_refused_where_operators_type_them(
    api: World, kiosk: Caller, till: Till, name: str
) -> None:
    await kiosk.serials(till.journal_id, 1)
    before = api.everything()

    named = await api.ops().put(f"/v1/ops/events/{EVENT}", {**event().to_json(), "name": name})

    refused(named, 422, "body_invalid", "name")
    if name and len(name) < 100:
        refused(
            await api.write_off(till.journal_id, operator=name), 422, "body_invalid", "operator"
        )
        refused(await api.write_off(till.journal_id, reason=name), 422, "body_invalid", "reason")
    assert api.everything() == before


async def test_a_write_off_needs_a_reason(api: World, kiosk: Caller, till: Till) -> None:
    await kiosk.serials(till.journal_id, 1)
    before = api.everything()

    refused(await api.write_off(till.journal_id, reason=""), 422, "body_invalid", "reason")
    assert api.everything() == before


@pytest.mark.parametrize("journal_id", ["no-uuid", "1", "0" * 33])
async def test_a_journal_is_asked_for_by_its_id(kiosk: Caller, journal_id: str) -> None:
    refused(await kiosk.get(f"/v1/journals/{journal_id}"), 422, "body_invalid", "journal_id")


async def test_an_address_or_method_that_is_not_there_is_refused(api: World, kiosk: Caller) -> None:
    before = api.everything()

    refused(await kiosk.get("/v1/nothing"), 404, "not_found")
    refused(await api.nobody().get("/nothing"), 404, "not_found")
    wrong = await kiosk.send("DELETE", "/v1/transactions")
    refused(wrong, 405, "method_not_allowed", "POST")
    assert wrong.headers["Allow"] == "POST"
    assert api.everything() == before


EVENTS: list[tuple[dict[str, Any], int, str, str]] = [
    ({"venue_id": "nowhere"}, 404, "venue_unknown", "nowhere"),
    ({"event_id": "another"}, 422, "body_invalid", "event_id"),
    ({"event_no": 999}, 409, "event_change_refused", "number"),
    ({"ticket_types": event().to_json()["ticket_types"][:1]}, 409, "event_change_refused", "price"),
    ({"state": "sideways", "starts_at": "never"}, 422, "body_invalid", "starts_at"),
]


@pytest.mark.parametrize(("changes", "status", "code", "word"), EVENTS)
async def test_an_event_that_can_not_be_is_refused(
    api: World, changes: dict[str, Any], status: int, code: str, word: str
) -> None:
    before = api.everything()

    answer = await api.ops().put(f"/v1/ops/events/{EVENT}", {**event().to_json(), **changes})

    refused(answer, status, code, word)
    assert api.everything() == before


async def test_what_a_request_calls_itself_comes_back_with_its_answer(kiosk: Caller) -> None:
    answer = await kiosk.get("/v1/catalogue", headers={"EventPro-Request-Id": "r-1"})

    assert answer.headers["EventPro-Request-Id"] == "r-1"
    assert "EventPro-Request-Id" not in (await kiosk.get("/v1/catalogue")).headers


@pytest.mark.parametrize("path", POSTS)
async def test_a_body_that_cannot_be_decoded_is_refused(api: World, path: str) -> None:
    answer = await asker(api, path).send(
        "POST", path, headers={"Content-Encoding": "gzip"}, data=b"{}"
    )
    refused(answer, 400, "body_not_json")
