"""`docs/protocol.md` and the programs agree: every route, every refusal, on every hop."""

import re
from pathlib import Path
from typing import Any, Final, cast

import pytest
from aiohttp import web

from cloud_store.sqlite import TICKET_API, open_sqlite
from core_services.ticket_api.runtime import build_app as build_ticket_api
from fleet_service.runtime import build_app as build_fleet
from fleet_service.settings import FleetSettings
from kiosk_agent.api.admin import build_admin_app
from kiosk_agent.api.ui import build_ui_app
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.uploads import ItemStatus
from kiosk_contracts.version import PROTOCOL_HEADER, PROTOCOL_VERSION
from tests.support.documents import DOCS, section, table
from tests.support.fleet import FleetFiles
from tests.support.ticket_api import Fleet, settings_of

DOCUMENT: Final = "protocol.md"
UI: Final = "UI to agent: the UI socket"
ADMIN: Final = "Root to agent: the admin socket"
FLEET: Final = "Agent to fleet service"
KIOSK: Final = "Fleet service to ticket API: kiosk routes"
OPS: Final = "Ticket API: ops routes"


def _documented(*headings: str) -> set[str]:
    """Return `METHOD /path` of every row; a query belongs to no path."""
    requests = [row[0] for heading in headings for row in table(DOCUMENT, heading)]
    found = [
        each
        for request in requests
        for each in re.findall(r"(?:GET|POST|PUT|DELETE) /[^\s`?]*", request)
    ]
    assert len(found) == len(set(found))
    return set(found)


def _served(app: web.Application) -> set[str]:
    return {
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }


def test_the_ui_socket_has_the_routes_that_are_documented() -> None:
    assert _served(build_ui_app(cast("Any", object()))) == _documented(UI)


def test_the_admin_socket_has_the_routes_that_are_documented() -> None:
    assert _served(build_admin_app(cast("Any", object()))) == _documented(ADMIN)


async def test_the_fleet_service_has_its_routes_and_the_ticket_apis_kiosk_routes(
    tmp_path: Path,
) -> None:
    files = FleetFiles(tmp_path).write()
    operators = {"state_file": str(tmp_path / "fleet.db"), "ops_token_sha256": "0" * 64}
    settings = FleetSettings.model_validate(files.settings("http://127.0.0.1:8500", **operators))
    assert _served(await build_fleet(settings)) == _documented(FLEET, KIOSK)


async def test_the_ticket_api_has_its_kiosk_and_ops_routes(tmp_path: Path) -> None:
    Fleet(tmp_path / "fleet-keys.json").publish()
    async with open_sqlite(tmp_path / "store.db", TICKET_API) as store:
        app = build_ticket_api(settings_of(tmp_path), store)
    assert _served(app) == _documented(KIOSK, OPS)


def test_every_problem_code_is_documented_and_every_documented_one_exists() -> None:
    text = (DOCS / DOCUMENT).read_text("utf-8")
    codes = {code.value for code in ProblemCode}
    assert codes - set(re.findall(r"`([a-z_]+)`", text)) == set()
    assert set(re.findall(r"[45]\d\d `([a-z_]+)`", text)) <= codes


def test_every_outcome_of_an_item_is_one_that_exists() -> None:
    rows = table(DOCUMENT, "Outcomes of items")
    assert {status for status, _, _ in rows} == {status.value for status in ItemStatus}
    assert {code for _, code, _ in rows if code} <= {code.value for code in ProblemCode}


def test_the_version_that_is_documented_is_ours() -> None:
    text = section(DOCUMENT, "The three hops")
    assert f"`{PROTOCOL_HEADER}: {PROTOCOL_VERSION}`" in text


@pytest.mark.parametrize("heading", [UI, FLEET, KIOSK, OPS])
def test_every_model_that_is_named_is_in_the_contracts(heading: str) -> None:
    sources = [path.read_text("utf-8") for path in (DOCS.parent / "kiosk_contracts").glob("*.py")]
    known = {name for text in sources for name in re.findall(r"^class (\w+)", text, re.MULTILINE)}
    named = set(re.findall(r"`([A-Z][a-z]+[A-Za-z]*)`", section(DOCUMENT, heading)))
    assert named - {"Retry", "Allow", "Origin", "HttpOnly", "Secure"} <= known
    assert named
