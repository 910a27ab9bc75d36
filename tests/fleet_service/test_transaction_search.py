"""Operators search transactions through the fleet service; viewers see nobody's name."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest

from fleet_service.relay.judging import Passed
from fleet_service.relay.service import Relay
from fleet_service.transactions.service import TransactionSearch
from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.support.fleet import RunningFleet, fleet_process
from tests.support.operators import OPS_TOKEN as ADMIN
from tests.support.operators import ops_settings
from tests.support.ticket_api import OPS_TOKEN, World, world
from tests.support.till import Till

BUYER = {"salt": "0" * 32, "buyer": {"name": "Grace Hopper"}}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[World]:
    folder = tmp_path / "api"
    folder.mkdir()
    async with world(folder) as running:
        yield running


async def sold(api: World) -> dict[str, Any]:
    till, kiosk = Till(), api.kiosk()
    serials = await kiosk.serials(till.journal_id, 1)
    sale = {**till.sale(serials), "personal": BUYER}
    await kiosk.upload(till.journal_id, sale)
    return sale


def token_file(folder: Path, token: str = OPS_TOKEN) -> str:
    file = folder / "ops-token"
    file.write_text(f"{token}\n")
    return str(file)


async def ask(fleet: RunningFleet, query: str, token: str = ADMIN) -> tuple[int, Any]:
    headers = {OPS_TOKEN_HEADER: token}
    async with (
        aiohttp.ClientSession(fleet.url) as http,
        http.get(f"/v1/transactions?{query}", headers=headers) as answer,
    ):
        return answer.status, await answer.json(content_type=None)


async def made(fleet: RunningFleet, role: str) -> str:
    body = {"name": f"a {role}", "role": role, "expires_at": "2026-12-20T00:00:00Z"}
    async with (
        aiohttp.ClientSession(fleet.url) as http,
        http.post(
            "/v1/ops/operator-tokens", json=body, headers={OPS_TOKEN_HEADER: ADMIN}
        ) as answer,
    ):
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["token"])


async def test_a_sale_is_found_and_who_bought_is_for_operators(api: World, tmp_path: Path) -> None:
    sale = await sold(api)
    query = f"receipt={sale['payload']['receipt_number']}"
    settings = {**ops_settings(tmp_path), "ticket_api_ops_token_file": token_file(tmp_path)}
    async with fleet_process(tmp_path, api.url.rstrip("/"), **settings) as fleet:
        for role, name in (("viewer", None), ("operator", "Grace Hopper")):
            status, told = await ask(fleet, query, await made(fleet, role))
            assert status == 200, told
            [one] = told["transactions"]
            assert one["txn_id"] == sale["envelope"]["txn_id"]
            assert (one["buyer"] or {}).get("name") == name
            assert ("Hopper" in str(told)) is (name is not None)
        await fleet.logged("buyers_shown")
        assert "Hopper" not in fleet.log()
        for by in ("kiosk=kiosk-a", f"serial={one['serials'][0]}"):
            status, told = await ask(fleet, by)
            assert [each["txn_id"] for each in told["transactions"]] == [one["txn_id"]]
        status, told = await ask(fleet, "kiosk=kiosk-a&after=nonsense")
        assert (status, told["code"]) == (422, "body_invalid")
        for wrong in ("", "receipt=a&kiosk=b", "personal=yes&receipt=a", f"receipt={'a' * 201}"):
            status, told = await ask(fleet, wrong)
            assert (status, told["code"]) == (422, "body_invalid"), wrong


async def test_a_token_that_the_ticket_api_refuses_is_not_the_operators_fault(
    api: World, tmp_path: Path
) -> None:
    settings = {**ops_settings(tmp_path), "ticket_api_ops_token_file": token_file(tmp_path, "no")}
    async with fleet_process(tmp_path, api.url.rstrip("/"), **settings) as fleet:
        status, told = await ask(fleet, "receipt=HB1-1-000001")
        assert (status, told["code"]) == (502, "upstream_failed")
        # Put right, it is read at the next search.
        token_file(tmp_path)
        assert (await ask(fleet, "receipt=HB1-1-000001"))[0] == 200


async def test_where_no_token_is_set_it_is_said_what_to_do(api: World, tmp_path: Path) -> None:
    async with fleet_process(tmp_path, api.url.rstrip("/"), **ops_settings(tmp_path)) as fleet:
        status, told = await ask(fleet, "receipt=HB1-1-000001")
        assert (status, told["code"]) == (503, "search_not_set_up")
        assert "ticket_api_ops_token_file" in told["hint"]


async def test_a_ticket_api_that_is_away_is_said_to_be(tmp_path: Path) -> None:
    settings = {**ops_settings(tmp_path), "ticket_api_ops_token_file": token_file(tmp_path)}
    async with fleet_process(tmp_path, "http://127.0.0.1:9", **settings) as fleet:
        status, told = await ask(fleet, "receipt=HB1-1-000001")
        assert (status, told["code"]) == (502, "upstream_failed")


async def test_kiosks_post_there_as_ever_and_operators_do_not(api: World, tmp_path: Path) -> None:
    async with (
        fleet_process(tmp_path, api.url.rstrip("/"), **ops_settings(tmp_path)) as fleet,
        aiohttp.ClientSession(fleet.url) as http,
    ):
        headers = {OPS_TOKEN_HEADER: ADMIN}
        async with http.post("/v1/transactions", json={}, headers=headers) as answer:
            assert (answer.status, (await answer.json())["code"]) == (401, "token_missing")
        async with http.get("/v1/transactions?kiosk=a") as answer:
            assert (answer.status, (await answer.json())["code"]) == (401, "token_missing")


class Talkative:
    """A relay to a ticket API that tells who bought although nobody asked for it."""

    async def relay(self, *_asked: Any) -> Passed:
        one = {
            "txn_id": "0197a000-0000-7000-8000-000000000001",
            "kiosk_id": "kiosk-a",
            "journal_id": "0197a000-0000-7000-8000-000000000002",
            "epoch": 1,
            "sequence": 1,
            "kind": "sale",
            "status": "settled",
            "code": "",
            "detail": "",
            "hint": "",
            "flags": [],
            "received_at": "2026-11-23T18:00:00Z",
            "settled_at": None,
            "recorded_at": None,
            "receipt_number": "",
            "serials": [],
            "total": None,
            "sale_txn_id": None,
            "buyer": {"name": "Grace Hopper"},
        }
        body = json.dumps({"transactions": [one], "next_after": None}).encode()
        return Passed(200, "application/json", None, body)


async def test_who_bought_is_kept_here_from_who_may_not_see_it(tmp_path: Path) -> None:
    search = TransactionSearch(cast("Relay", Talkative()), Path(token_file(tmp_path)))
    for with_buyers in (True, False):
        found = await search.find({"kiosk": "a"}, with_buyers=with_buyers, request_id="r")
        assert (found.transactions[0].buyer is not None) is with_buyers
