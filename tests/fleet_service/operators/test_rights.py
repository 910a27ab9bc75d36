"""Every operators' route has a role that it needs; nobody may do what has none."""

from pathlib import Path

import pytest
from aiohttp import web

from fleet_service.operators import rights
from fleet_service.operators.rights import OF_ONESELF, READING, RIGHTS, is_operators, role_needed
from fleet_service.runtime import build_app
from fleet_service.settings import FleetSettings
from kiosk_contracts.operators import OperatorRole
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.fleet import FleetFiles, open_session, raw_exchange
from tests.support.operator_desk import OperatorDesk
from tests.support.operators import OPS_TOKEN

VIEWER, OPERATOR, ADMIN = OperatorRole
NAMED = {
    "venue_id": "nowhere",
    "kiosk_id": "nobody",
    "activation_id": "none",
    "token_id": "0" * 16,
    "alarm_id": "a.b.parked",
    "scope": "nowhere",
    "release_id": "none",
    "move_id": "01999999-0000-7000-8000-000000000000",
    "command_id": "01999999-0000-7000-8000-000000000000",
}
OTHERS = {
    "/",
    "/dashboard",
    "/dashboard/{name}",
    "/healthz",
    "/readyz",
    "/v1/allotments",
    "/v1/catalogue",
    "/v1/commands/{command_id}/outcome",
    "/v1/docs",
    "/v1/enrolment",
    "/v1/enrolment/claims",
    "/v1/enrolment/evidence",
    "/v1/gate-feed",
    "/v1/heartbeats",
    "/v1/journals/{journal_id}",
    "/v1/journals/{journal_id}/entries",
    "/v1/keys",
    "/v1/openapi.json",
    "/v1/roster",
    "/v1/session-nonces",
    "/v1/sessions",
    "/v1/transactions",
}
"""What kiosks, hosts that become kiosks and load balancers ask, and the files of the dashboard,
which hold nothing of anybody's: none of it an operator's."""


def served(app: web.Application) -> set[tuple[str, str]]:
    """Return every method and pattern, of all routes."""
    return {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None
    }


async def test_every_route_is_in_the_table_and_no_other(tmp_path: Path) -> None:
    files = FleetFiles(tmp_path).write()
    given = files.settings("http://127.0.0.1:9", state_file=str(tmp_path / "fleet.db"))
    routes = served(await build_app(FleetSettings.model_validate(given)))
    ours = {(method, path) for method, path in routes if is_operators(path, method)}
    assert {(method, path) for method, path in ours if method != "HEAD"} == set(RIGHTS)
    assert all(role_needed(method, path) is not None for method, path in ours)
    # What is not among them is no operator's at all.
    assert not any(path.startswith("/v1/ops") for _, path in routes - ours)
    assert {path for _, path in routes - ours} == OTHERS


def test_whoever_changes_anything_is_at_least_an_operator() -> None:
    changing = {each for each in RIGHTS if each[0] not in READING}
    assert changing > OF_ONESELF
    for each in changing - OF_ONESELF:
        assert RIGHTS[each].reaches(OPERATOR), each
    assert {path for (_, path), role in RIGHTS.items() if role is ADMIN} == {
        "/v1/ops/operator-tokens",
        "/v1/ops/operator-tokens/{token_id}/revoke",
        "/v1/ops/kiosks/{kiosk_id}/write-off",
    }


def test_each_role_reaches_itself_and_those_below() -> None:
    reached = [[role.reaches(needed) for needed in OperatorRole] for role in OperatorRole]
    assert reached == [[True, False, False], [True, True, False], [True, True, True]]


@pytest.mark.parametrize(("method", "path"), sorted(RIGHTS))
async def test_whoever_has_a_lower_role_is_refused(
    desk: OperatorDesk, method: str, path: str
) -> None:
    needed = RIGHTS[(method, path)]
    # A stream never ends where it is not refused.
    place = path.format_map(NAMED) + ("?stray=" if path == "/v1/stream" else "")
    for role in OperatorRole:
        told = await desk.ask(method, place, {}, token=await desk.token(role))
        refused = told.status == 403 and told.code == "role_too_low"
        assert refused is not role.reaches(needed), (role, told.text)
        if refused:
            assert f"role {needed}" in told.body["detail"]


async def test_a_route_that_was_forgotten_in_the_table_is_nobodys(
    desk: OperatorDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = {each: role for each, role in RIGHTS.items() if not each[1].endswith("venues")}
    monkeypatch.setattr(rights, "RIGHTS", rest)
    told = await desk.ask("GET", "venues")
    assert (told.status, told.code) == (403, "not_allowed")
    assert (await desk.ask("GET", "venues/harbour-hall")).code == "venue_unknown"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/ops/venues", b"401"),
        ("/v1/%6fps/venues", b"401"),
        ("/v1/%6F%70%73/venues", b"401"),
        ("/v1/ops/venues/", b"401"),
        ("/v1/ops/", b"401"),
        ("/v1/ops%2fvenues", b"401"),
        ("/v1//ops/venues", b"404"),
        ("//v1/ops/venues", b"404"),
        ("/v1/./ops/venues", b"404"),
        ("/v1/x/../ops/venues", b"404"),
        ("/v1/ops/./venues", b"401"),
        ("/V1/OPS/venues", b"404"),
        ("/v1/ops;x/venues", b"404"),
        ("http://x/v1/ops/venues", b"401"),
    ],
)
async def test_an_address_that_is_spelt_otherwise_leads_nobody_in(
    desk: OperatorDesk, path: str, status: bytes
) -> None:
    url = str(desk.http._base_url).rstrip("/")
    sent = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert (await raw_exchange(url, sent.encode())).split(b" ", 2)[1] == status


async def test_a_kiosks_token_opens_nothing_of_operators_nor_theirs_a_kiosks(
    desk: OperatorDesk,
) -> None:
    kiosk = await open_session(desk.http)
    for headers in ({KIOSK_TOKEN_HEADER: kiosk}, {"Authorization": f"Bearer {kiosk}"}):
        assert (await desk.ask("GET", "me", token=None, headers=headers)).status == 401
    assert (await desk.ask("GET", "me", token=kiosk)).code == "token_invalid"
    for token in (OPS_TOKEN, await desk.token("admin")):
        for headers in ({KIOSK_TOKEN_HEADER: token}, {"EventPro-Ops-Token": token}):
            async with desk.http.post("/v1/heartbeats", json={}, headers=headers) as answer:
                assert answer.status == 401


async def test_a_kiosks_token_reports_of_its_own_kiosk_alone(desk: OperatorDesk) -> None:
    kiosk = await open_session(desk.http)
    beat = {
        "kiosk_id": "old-mill-1",
        "journal_id": "0197a000-0000-7000-8000-000000000001",
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": "2026-11-24T12:00:00Z",
        "last_sequence": 0,
        "queued": 0,
        "parked": 0,
        "quarantined": 0,
    }
    headers = {KIOSK_TOKEN_HEADER: kiosk}
    async with desk.http.post("/v1/heartbeats", json=beat, headers=headers) as answer:
        assert (answer.status, (await answer.json())["code"]) == (403, "not_allowed")


async def test_an_address_that_is_none_tells_strangers_nothing(desk: OperatorDesk) -> None:
    for method in ("GET", "POST", "PATCH"):
        assert (await desk.ask(method, "nothing", token=None)).status == 401
        told = await desk.ask(method, "nothing", token=await desk.token("viewer"))
        assert told.status == 404
    told = await desk.ask("PATCH", "venues", token=await desk.token("viewer"))
    assert told.status == 405
