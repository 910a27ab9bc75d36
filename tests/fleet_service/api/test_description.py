"""The API is described as it is served, for programs and for people."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from fleet_service.description.openapi import UndescribedError, openapi
from fleet_service.description.page import page
from fleet_service.description.routes import DESCRIPTION, as_file
from fleet_service.operators.rights import RIGHTS
from fleet_service.runtime import build_app
from fleet_service.settings import FleetSettings
from kiosk_contracts.problem import ProblemCode
from tests.support.documents import DOCS, table
from tests.support.fleet import FleetFiles
from tests.support.operator_desk import OperatorDesk, operator_desk
from tests.support.operators import venue


@pytest.fixture
async def app(tmp_path: Path) -> web.Application:
    files = FleetFiles(tmp_path).write()
    given = files.settings("http://127.0.0.1:9", state_file=str(tmp_path / "fleet.db"))
    return await build_app(FleetSettings.model_validate(given))


def operations(told: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): one
        for path, methods in told["paths"].items()
        for method, one in methods.items()
    }


async def test_every_route_that_is_served_is_described(app: web.Application) -> None:
    served = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert {*operations(app[DESCRIPTION])} == served


def test_a_route_that_nobody_described_is_found() -> None:
    async def forgotten(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/v1/forgotten", forgotten)
    with pytest.raises(UndescribedError, match="GET /v1/forgotten"):
        openapi(app)


async def test_what_is_kept_beside_the_documents_is_what_is_served(app: web.Application) -> None:
    kept = (DOCS / "openapi.json").read_text("utf-8")
    assert kept == as_file(app), "run: .venv/bin/python tools/openapi.py"


async def test_each_operation_has_a_name_of_its_own_words_and_its_role(
    app: web.Application,
) -> None:
    found = operations(app[DESCRIPTION])
    names = [one["operationId"] for one in found.values()]
    assert len(names) == len(set(names))
    assert all(one["summary"].endswith(".") for one in found.values())
    roles = {each: one["x-role"] for each, one in found.items() if "x-role" in one}
    assert roles == {each: role.value for each, role in RIGHTS.items()}
    assert found["POST", "/v1/heartbeats"]["security"] == [{"kioskToken": []}]
    assert found["GET", "/v1/enrolment"]["security"] == [{"enrolmentToken": []}]
    assert found["POST", "/v1/sessions"]["security"] == []


async def test_a_list_says_its_filters_and_its_model(app: web.Application) -> None:
    one = operations(app[DESCRIPTION])["GET", "/v1/instances"]
    names = {each["name"]: each["schema"] for each in one["parameters"]}
    assert {*names} == {"state", "cause", "venue", "text", "release", "after", "limit"}
    assert "venue_unreachable" in names["state"]["items"]["enum"]
    assert (names["limit"]["minimum"], names["limit"]["maximum"]) == (1, 100)
    assert {*one["responses"]} == {"200", "304", "default"}
    schema = one["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/InstancePage"}


async def test_queries_are_the_same_as_in_the_protocol(app: web.Application) -> None:
    documented = {}
    for heading in ("Agent to fleet service", "Fleet service to ticket API: kiosk routes"):
        for row in table("protocol.md", heading):
            for method, path, query in re.findall(
                r"(GET|POST|PUT|DELETE) (/[^\s`?]*)\??([^\s`]*)", row[0]
            ):
                documented[method, path] = {one.rstrip("=") for one in query.split("&") if one}
    told = {
        each: {part["name"] for part in one["parameters"] if part["in"] == "query"}
        for each, one in operations(app[DESCRIPTION]).items()
    }
    assert told == documented


async def test_what_an_answer_hands_out_is_described_as_being_in_it(app: web.Application) -> None:
    schemas = app[DESCRIPTION]["components"]["schemas"]
    for model in ("KioskSession", "MadeOperatorToken"):
        token = schemas[model]["properties"]["token"]
        assert (token["format"], token.get("writeOnly")) == ("password", None), model


async def test_refusals_are_codes_that_exist_and_references_lead_somewhere(
    app: web.Application,
) -> None:
    told = app[DESCRIPTION]
    codes = {code for one in operations(told).values() for code in one.get("x-problem-codes", ())}
    assert codes <= {*ProblemCode}
    text = json.dumps(told)
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert named <= {*told["components"]["schemas"]}
    assert "#/$defs" not in text


async def test_anybody_may_read_it_and_the_page_runs_and_fetches_nothing(tmp_path: Path) -> None:
    async with operator_desk(tmp_path) as desk:
        told = await desk.ask("GET", "/v1/openapi.json", token=None)
        assert (told.status, told.body["openapi"]) == (200, "3.1.0")
        tag = {"If-None-Match": told.headers["ETag"]}
        assert (await desk.ask("GET", "/v1/openapi.json", headers=tag)).status == 304
        shown = await desk.ask("GET", "/v1/docs", token=None)
        assert shown.headers["Content-Type"].startswith("text/html")
        policy = shown.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "<script" not in shown.text
        assert not re.findall(r'(?:src|href)="(?!openapi\.json"|#)', shown.text)
        assert "GET /v1/instances" in shown.text
        assert '<details id="InstancePage">' in shown.text


def test_what_a_description_says_can_not_become_markup() -> None:
    told = {
        "info": {"title": "<b>", "description": "<i>"},
        "paths": {
            "/<u>": {"get": {"tags": ["<s>"], "summary": "<p1>", "parameters": [], "responses": {}}}
        },
        "components": {"schemas": {"<q>": {"description": "<r>", "enum": ["<v>"]}}},
    }
    text = page(told)
    for raw in ("<b>", "<i>", "<u>", "<s>", "<p1>", "<q>", "<r>", "<v>"):
        assert f">{raw}<" not in text
        assert raw[1:-1] in text


@pytest.fixture
async def desk(tmp_path: Path) -> Any:
    async with operator_desk(tmp_path) as built:
        yield built


@pytest.mark.parametrize(
    "path",
    ["alarms", "audit", "instances", "moves", "releases", "silences", "venues"],
)
async def test_every_list_is_told_once_to_who_has_it(desk: OperatorDesk, path: str) -> None:
    first = await desk.ask("GET", f"/v1/{path}")
    again = await desk.ask("GET", f"/v1/{path}", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status, again.status, again.text) == (200, 304, "")


async def test_a_kiosk_s_page_is_told_once_to_who_has_it(desk: OperatorDesk) -> None:
    path = "/v1/ops/kiosks/till-hb1"
    await desk.ask("PUT", "/v1/ops/venues/harbour-hall", venue("harbour-hall", "HB1"))
    first = await desk.ask("GET", path)
    again = await desk.ask("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status, again.status, again.text) == (200, 304, "")


@pytest.mark.parametrize("path", ["alarms", "audit", "instances", "moves", "releases", "venues"])
async def test_no_list_passes_over_a_filter_that_is_none(desk: OperatorDesk, path: str) -> None:
    for query in ("colour=blue", "limit=0", "limit=1001"):
        told = await desk.ask("GET", f"/v1/{path}?{query}")
        assert (told.status, told.code) == (422, "body_invalid"), query


async def test_moves_and_releases_are_filtered_by_words_that_exist(desk: OperatorDesk) -> None:
    assert (await desk.ask("GET", "/v1/moves?open=maybe")).status == 422
    assert (await desk.ask("GET", "/v1/releases?state=lost")).status == 422
    assert (await desk.ask("GET", "/v1/releases?state=live")).body["releases"] == []
