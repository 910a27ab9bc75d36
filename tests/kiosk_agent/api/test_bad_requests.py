"""Requests that are wrong get a clear problem body, and change nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from uuid6 import uuid7

from tests.support.ui_socket import Till, till_in

PATHS = ["/v1/sign-in", "/v1/shifts", "/v1/sales", "/v1/admissions", "/v1/exits", "/v1/voids"]


async def _ready(till: Till) -> None:
    await till.opened.stock(2)
    await till.open_shift()


@pytest.mark.parametrize("path", [*PATHS, "cart"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a": NaN}',
        b"[" * 60_000,
        b'{"pin": Infinity}',
    ],
)
async def test_what_is_not_json_is_said_so(tmp_path: Path, path: str, body: bytes) -> None:
    async with till_in(tmp_path) as till:
        await _ready(till)
        method = "PUT" if path == "cart" else "POST"
        where = f"/v1/carts/{uuid7()}" if path == "cart" else path
        refused = await till.ask(method, where, body)
        assert (refused.status, refused.code) == (400, "body_not_json")
        assert refused.headers["Content-Type"].startswith("application/problem+json")
        assert refused.headers["EventPro-Protocol"] == "1"


@pytest.mark.parametrize("path", [*PATHS, "cart"])
async def test_a_body_that_is_too_large_is_refused(tmp_path: Path, path: str) -> None:
    async with till_in(tmp_path) as till:
        await _ready(till)
        method = "PUT" if path == "cart" else "POST"
        where = f"/v1/carts/{uuid7()}" if path == "cart" else path
        refused = await till.ask(method, where, b'{"pin": "' + b"1" * 70_000 + b'"}')
        assert (refused.status, refused.code) == (413, "body_too_large")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", [[], "text", 7, None, {}])
async def test_a_body_of_another_form_names_what_is_wrong(
    tmp_path: Path, path: str, body: Any
) -> None:
    async with till_in(tmp_path) as till:
        await _ready(till)
        refused = await till.ask("POST", path, json.dumps(body).encode())
        assert (refused.status, refused.code) == (422, "body_invalid")
        assert refused.body["field"]
        assert "pydantic" not in refused.body["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("txn_id", "7"),
        ("txn_id", "00000000-0000-4000-8000-000000000000"),
        ("total", {"amount": "1.005", "currency": "EUR"}),
        ("total", {"amount": "NaN", "currency": "EUR"}),
        ("total", {"amount": "1.00", "currency": "euro"}),
        ("tender", "cash"),
        ("buyer", {"name": "Eve\u001b[2J"}),
        ("buyer", {"name": "Eve\u202egnp.exe"}),
        ("buyer", {"email": "\u0000"}),
    ],
)
async def test_a_wrong_field_of_a_sale_is_named(tmp_path: Path, field: str, value: object) -> None:
    async with till_in(tmp_path) as till:
        await _ready(till)
        total = {"amount": "12.50", "currency": "EUR"}
        tender = [{"method": "card", "amount": total, "reference": "A1"}]
        body = {"txn_id": str(uuid7()), "total": total, "tender": tender, field: value}
        refused = await till.ask("POST", "/v1/sales", body)
        assert (refused.status, refused.code) == (422, "body_invalid")
        assert refused.body["field"].split(".")[0] == field
        assert "\u001b" not in json.dumps(refused.body, ensure_ascii=False)


async def test_half_a_surrogate_pair_and_floats_in_unknown_fields_are_no_crash(
    tmp_path: Path,
) -> None:
    async with till_in(tmp_path) as till:
        await _ready(till)
        for odd in ('"\\ud800"', "1.5"):
            raw = (
                f'{{"txn_id": "{uuid7()}", "opening_float": {{"amount": "1", "currency": "EUR"}},'
                f' "later": {odd}}}'
            )
            refused = await till.ask("POST", "/v1/shifts", raw.encode())
            assert (refused.status, refused.code) == (422, "body_invalid")


async def test_a_reason_with_control_characters_is_refused(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _ready(till)
        body = {"txn_id": str(uuid7()), "sale_txn_id": str(uuid7()), "reason": "a\u0007b"}
        refused = await till.ask("POST", "/v1/voids", body)
        assert (refused.status, refused.body["field"]) == (422, "reason")
        assert "control characters" in refused.body["detail"]


@pytest.mark.parametrize("version", ["2", "0", "one", "1.0", ""])
async def test_another_protocol_version_is_refused(tmp_path: Path, version: str) -> None:
    async with till_in(tmp_path) as till:
        refused = await till.ask("GET", "/v1/status", headers={"EventPro-Protocol": version})
        assert (refused.status, refused.code) == (400, "protocol_version_unsupported")
        assert refused.headers["EventPro-Protocol"] == "1"


async def test_our_protocol_version_and_none_are_taken(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        stated = await till.ask("GET", "/v1/status", headers={"EventPro-Protocol": "1"})
        assert (stated.status, stated.headers["EventPro-Protocol"]) == (200, "1")
        assert (await till.ask("GET", "/v1/status")).status == 200


async def test_unknown_addresses_and_methods_are_problems_too(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        nowhere = await till.ask("GET", "/v1/nowhere")
        assert (nowhere.status, nowhere.code) == (404, "not_found")
        wrong = await till.ask("PATCH", "/v1/sales")
        assert (wrong.status, wrong.code) == (405, "method_not_allowed")
        assert wrong.headers["Allow"] == "POST"


async def test_ids_in_addresses_are_uuids_of_version_7(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _ready(till)
        for txn_id in ("7", "00000000-0000-4000-8000-000000000000", "%00"):
            for method, path in [("PUT", "carts"), ("GET", "carts"), ("GET", "transactions")]:
                refused = await till.ask(method, f"/v1/{path}/{txn_id}", {"lines": []})
                assert (refused.status, refused.body["field"]) == (422, "txn_id")
        missing = await till.ask("GET", f"/v1/transactions/{uuid7()}")
        assert (missing.status, missing.code) == (404, "txn_unknown")
        assert (await till.ask("GET", f"/v1/carts/{uuid7()}")).code == "cart_unknown"
        assert (await till.ask("DELETE", f"/v1/carts/{uuid7()}")).code == "cart_unknown"


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=ten",
        "limit=-1",
        "limit=%C2%B2",
        "before=0",
        "before=99999999999999999999",
        "state=lost",
    ],
)
async def test_a_wrong_query_is_named(tmp_path: Path, query: str) -> None:
    async with till_in(tmp_path) as till:
        await _ready(till)
        refused = await till.ask("GET", f"/v1/transactions?{query}")
        assert (refused.status, refused.body["field"]) == (422, query.split("=", maxsplit=1)[0])


async def test_what_nobody_foresaw_is_a_problem_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks() -> None:
        raise RuntimeError("secret inside")

    async with till_in(tmp_path) as till:
        monkeypatch.setattr(type(till.desk.reports), "status", lambda _self: breaks())
        failed = await till.ask("GET", "/v1/status")
        assert (failed.status, failed.code) == (500, "internal_error")
        assert "secret" not in json.dumps(failed.body)


async def test_a_stopping_agent_says_so(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        till.agent.stopping = True
        refused = await till.ask("GET", "/v1/status")
        assert (refused.status, refused.code) == (503, "agent_stopping")
        assert refused.headers["Retry-After"] == "1"
        assert refused.body["retryable"] is True


async def test_a_body_that_cannot_be_decoded_is_refused(tmp_path: Path) -> None:
    async with till_in(tmp_path) as till:
        await _ready(till)
        refused = await till.ask("POST", PATHS[0], b"{}", headers={"Content-Encoding": "gzip"})
        assert (refused.status, refused.code) == (400, "body_not_json")
