"""Operators open venues and close them: real app, real file, over HTTP."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from cloud_store.port import Key
from cloud_store.sqlite import FLEET_SERVICE, TICKET_API, open_sqlite
from cloud_store.workspace import Workspace
from fleet_service.runtime import build_app
from fleet_service.settings import FleetSettings
from fleet_service.venues.records import KioskRecord
from kiosk_contracts.venues import Standing
from kiosk_contracts.version import OPS_TOKEN_HEADER
from tests.support.fleet import FleetFiles

TOKEN = "open-the-venues"


def venue(venue_id: str = "harbour-hall", *codes: str, **changes: Any) -> dict[str, Any]:
    """Return a venue with a kiosk for each code."""
    return {
        "venue_id": venue_id,
        "name": venue_id.replace("-", " ").title(),
        "address": "Kai 1",
        "time_zone": "Europe/Berlin",
        "opening_hours": [{"days": ["mo", "tu"], "opens": "10:00", "closes": "18:00"}],
        "contact": "+49 40 1234",
        "kiosks": [{"kiosk_id": f"till-{code.lower()}", "kiosk_code": code} for code in codes],
        **changes,
    }


@dataclass
class Office:
    """Operators before a fleet service."""

    http: aiohttp.ClientSession
    state_file: Path

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with self.http.request(method, f"/v1/ops/{path}", json=body) as answer:
            told = await answer.json(content_type=None) if answer.status != 204 else None
            return answer.status, told

    async def put(self, body: dict[str, Any]) -> tuple[int, Any]:
        return await self.ask("PUT", f"venues/{body['venue_id']}", body)

    async def stands(self, kiosk_id: str, standing: Standing) -> None:
        """Let a kiosk stand so, as if a host had registered."""
        async with open_sqlite(self.state_file, FLEET_SERVICE) as store:
            workspace = Workspace(store)
            known = await workspace.fetch(KioskRecord, kiosk_id)
            assert known is not None
            workspace.put(known.model_copy(update={"standing": standing}), kiosk_id)
            await workspace.commit()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    files, state_file = FleetFiles(tmp_path).write(), tmp_path / "fleet.db"
    given = files.settings(
        "http://127.0.0.1:9",
        state_file=str(state_file),
        ops_token_sha256=hashlib.sha256(TOKEN.encode()).hexdigest(),
    )
    server = TestServer(await build_app(FleetSettings.model_validate(given)))
    await server.start_server()
    headers = {OPS_TOKEN_HEADER: TOKEN}
    async with aiohttp.ClientSession(server.make_url("/"), headers=headers) as http:
        yield Office(http, state_file)
    await server.close()


def codes(told: Any) -> list[tuple[str, str]]:
    return [(kiosk["kiosk_code"], kiosk["standing"]) for kiosk in told["kiosks"]]


async def test_a_venue_is_opened_changed_shown_and_closed(office: Office) -> None:
    status, told = await office.put(venue("harbour-hall", "HB1", "HB2"))
    assert (status, codes(told)) == (200, [("HB1", "expected"), ("HB2", "expected")])
    assert await office.put(venue("harbour-hall", "HB1", "HB2")) == (200, told)
    assert await office.ask("GET", "venues/harbour-hall") == (200, told)
    assert told["venue"] == venue("harbour-hall", "HB1", "HB2")
    _, changed = await office.put(venue("harbour-hall", "HB2", "HB3", name="The Hall"))
    assert changed["venue"]["name"] == "The Hall"
    assert codes(changed) == [("HB2", "expected"), ("HB3", "expected")]
    # What was never used is free again.
    assert (await office.put(venue("old-mill", "HB1")))[0] == 200
    assert await office.ask("DELETE", "venues/harbour-hall") == (204, None)
    assert (await office.ask("GET", "venues/harbour-hall"))[1]["code"] == "venue_unknown"
    assert (await office.ask("DELETE", "venues/harbour-hall"))[0] == 404
    assert (await office.put(venue("old-mill", "HB1", "HB2")))[0] == 200


async def test_all_are_listed_page_by_page(office: Office) -> None:
    for number in range(5):
        await office.put(venue(f"venue-{number}", f"V{number}"))
    found, after = [], ""
    for _ in range(3):
        _, page = await office.ask("GET", f"venues?limit=2&after={after}")
        found += [one["venue"]["venue_id"] for one in page["venues"]]
        assert [codes(one) for one in page["venues"]]
        after = page["next_after"]
    assert (found, after) == ([f"venue-{number}" for number in range(5)], None)
    _, page = await office.ask("GET", "venues")
    assert (len(page["venues"]), page["next_after"]) == (5, None)
    for limit in ("0", "51", "two", "-1"):
        assert (await office.ask("GET", f"venues?limit={limit}"))[1]["code"] == "body_invalid"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (venue("old-mill", "HB1"), "till-hb1 of harbour-hall"),
        (
            venue("old-mill", kiosks=[{"kiosk_id": "other", "kiosk_code": "HB1"}]),
            "till-hb1 has the kiosk code HB1",
        ),
        (
            venue("old-mill", kiosks=[{"kiosk_id": "till-hb1", "kiosk_code": "XX1"}]),
            "harbour-hall has a kiosk till-hb1",
        ),
    ],
)
async def test_an_id_or_code_of_another_is_refused_and_changes_nothing(
    office: Office, body: dict[str, Any], why: str
) -> None:
    await office.put(venue("harbour-hall", "HB1"))
    status, told = await office.put(body)
    assert (status, told["code"]) == (409, "kiosk_taken")
    assert why.partition(" of ")[0] in told["detail"]
    assert (await office.ask("GET", "venues/old-mill"))[0] == 404


@pytest.mark.parametrize("standing", [Standing.PENDING, Standing.ACTIVE, Standing.REVOKED])
async def test_a_kiosk_with_a_host_stays_with_its_code(office: Office, standing: Standing) -> None:
    await office.put(venue("harbour-hall", "HB1", "HB2"))
    await office.stands("till-hb1", standing)
    other_code = [{"kiosk_id": "till-hb1", "kiosk_code": "XX1"}]
    for change in (venue("harbour-hall", "HB2"), venue("harbour-hall", kiosks=other_code)):
        status, told = await office.put(change)
        assert (status, told["code"]) == (409, "kiosk_in_service")
        assert f"till-hb1 is {standing}" in told["detail"]
        act = "free" if standing is Standing.PENDING else "deprovision"
        assert f"kiosk {act} till-hb1" in told["hint"]
    assert (await office.ask("DELETE", "venues/harbour-hall"))[1]["code"] == "kiosk_in_service"
    _, told = await office.ask("GET", "venues/harbour-hall")
    assert codes(told) == [("HB1", standing), ("HB2", "expected")]


async def test_a_retired_kiosk_may_go_and_its_code_stays_its_own(office: Office) -> None:
    await office.put(venue("harbour-hall", "HB1"))
    await office.stands("till-hb1", Standing.RETIRED)
    assert (await office.put(venue("harbour-hall")))[0] == 200
    taken = venue("old-mill", kiosks=[{"kiosk_id": "new", "kiosk_code": "HB1"}])
    assert (await office.put(taken))[1]["code"] == "kiosk_taken"
    _, told = await office.put(venue("harbour-hall", "HB1"))
    assert codes(told) == [("HB1", "expected")]
    # Planned again and dropped again, it still has been in service once.
    assert (await office.put(venue("harbour-hall")))[0] == 200
    assert (await office.put(taken))[1]["code"] == "kiosk_taken"


async def test_two_operators_tokens_are_none(office: Office) -> None:
    for twice in ([TOKEN, TOKEN], [TOKEN, "guess"]):
        headers = [(OPS_TOKEN_HEADER, one) for one in twice]
        async with office.http.get("/v1/ops/venues", headers=headers) as answer:
            assert answer.status == 401


async def test_of_two_venues_that_want_a_code_at_once_one_gets_it(office: Office) -> None:
    told = await asyncio.gather(
        *(
            office.put(venue(f"v{n}", kiosks=[{"kiosk_id": f"k{n}", "kiosk_code": "AA1"}]))
            for n in range(8)
        )
    )
    assert sorted(status for status, _ in told) == [200, *[409] * 7]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"name": ""}, "name"),
        ({"kiosks": [{"kiosk_id": "a", "kiosk_code": "lower"}]}, "kiosk_code"),
        ({"opening_hours": [{"days": [], "opens": "10:00", "closes": "18:00"}]}, "opening_hours"),
    ],
)
async def test_a_venue_that_can_not_be_is_refused_by_its_field(
    office: Office, body: dict[str, Any], field: str
) -> None:
    status, told = await office.put(venue(**body))
    assert (status, told["code"]) == (422, "body_invalid")
    assert field in str(told)
    status, told = await office.ask("PUT", "venues/other", venue())
    assert (status, told["code"]) == (422, "body_invalid")


@pytest.mark.parametrize("token", [None, "", "guess", TOKEN.upper()])
async def test_nobody_else_gets_in(office: Office, token: str | None) -> None:
    url = office.http._base_url
    assert url is not None
    async with aiohttp.ClientSession(url) as stranger:
        headers = {} if token is None else {OPS_TOKEN_HEADER: token}
        for path in ("venues", "venues/harbour-hall", "nothing"):
            async with stranger.get(f"/v1/ops/{path}", headers=headers) as answer:
                assert answer.status == 401


async def test_it_is_all_there_after_a_restart_and_another_program_s_file_is_refused(
    office: Office,
) -> None:
    await office.put(venue("harbour-hall", "HB1"))
    async with open_sqlite(office.state_file, FLEET_SERVICE) as store:
        assert await store.get(Key("kiosk_code", "HB1")) is not None
    with pytest.raises(Exception, match="another program's file"):
        async with open_sqlite(office.state_file, TICKET_API):
            pass


def test_a_token_of_the_settings_needs_a_store(tmp_path: Path) -> None:
    given = FleetFiles(tmp_path).settings("http://127.0.0.1:9", ops_token_sha256="0" * 64)
    with pytest.raises(ValueError, match="ops_token_sha256 needs state_file or store_table"):
        FleetSettings.model_validate(given)
