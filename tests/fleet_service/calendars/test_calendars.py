"""A venue is open for its events, too, as the catalogues say that its kiosks are given."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from cloud_store.port import Store
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace
from fleet_service.calendars.reading import AFTER, BEFORE, LONGEST, calendar_of
from fleet_service.calendars.records import CalendarRecord
from fleet_service.calendars.service import Calendars
from kiosk_contracts.catalogue import Catalogue
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, OPS_TOKEN_HEADER
from tests.support.external_instance import until
from tests.support.far_side import event
from tests.support.fleet import FakeFleetClock, fleet_process, open_session
from tests.support.operators import OPS_TOKEN, ops_settings, venue
from tests.support.upstream import Upstream

AT = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)


def catalogue(*events: dict[str, Any], venue_id: str = "harbour-hall") -> dict[str, Any]:
    return {"venue_id": venue_id, "venue_name": "Hall", "version": 3, "events": events}


def show(starts_at: datetime, *, closes: timedelta = timedelta(), **changes: Any) -> dict[str, Any]:
    closes_at = (starts_at + closes).isoformat()
    return event(starts_at=starts_at.isoformat(), sales_close_at=closes_at, **changes)


def spans(*events: dict[str, Any], now: datetime = AT) -> list[tuple[datetime, datetime]]:
    read = Catalogue.model_validate(catalogue(*events))
    return [(one.begins, one.ends) for one in calendar_of(read, now).events]


def test_people_are_expected_before_and_after_it_begins() -> None:
    assert spans(show(AT)) == [(AT - BEFORE, AT + AFTER)]
    assert spans(show(AT, closes=timedelta(hours=5))) == [(AT - BEFORE, AT + timedelta(hours=5))]
    assert spans(show(AT, closes=timedelta(days=9))) == [(AT - BEFORE, AT + LONGEST)]


def test_what_is_cancelled_or_over_expects_nobody() -> None:
    assert spans(show(AT, state="cancelled"), show(AT - AFTER)) == []
    later = show(AT + timedelta(days=1))
    assert [begins for begins, _ in spans(later, show(AT))] == [
        AT - BEFORE,
        AT - BEFORE + timedelta(days=1),
    ]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as opened:
        yield opened


async def kept(store: Store, venue_id: str = "harbour-hall") -> list[datetime]:
    known = await Workspace(store).fetch(CalendarRecord, venue_id)
    return [] if known is None else [one.begins + BEFORE for one in known.events]


async def test_a_calendar_is_that_of_the_last_catalogue(store: Store) -> None:
    calendars = Calendars(store, FakeFleetClock())
    for starts_at in (AT, AT + timedelta(days=1)):
        await calendars.learn("harbour-hall", json.dumps(catalogue(show(starts_at))).encode())
        assert await kept(store) == [starts_at]


async def test_what_is_no_catalogue_of_the_venue_changes_nothing(store: Store) -> None:
    calendars = Calendars(store, FakeFleetClock())
    body = json.dumps(catalogue(show(AT), venue_id="old-mill")).encode()
    await calendars.learn("harbour-hall", body)
    await calendars.learn("harbour-hall", b"<html>")
    assert (await kept(store), await kept(store, "old-mill")) == ([], [])


async def test_an_event_outside_the_opening_hours_opens_the_venue(tmp_path: Path) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)

    async def behave(_request: web.Request, _body: bytes) -> web.StreamResponse:
        return web.json_response(catalogue(show(soon)))

    # Open on one day of the week, which is neither today's nor a neighbour of it.
    day = ("mo", "tu", "we", "th", "fr", "sa", "su")[(datetime.now(UTC).weekday() + 3) % 7]
    hours = [{"days": [day], "opens": "10:00", "closes": "11:00"}]
    operator = {OPS_TOKEN_HEADER: OPS_TOKEN}
    async with (
        Upstream(behave) as far_end,
        fleet_process(tmp_path, far_end.url, **ops_settings(tmp_path)) as fleet,
        aiohttp.ClientSession(fleet.url) as http,
    ):
        body = venue("harbour-hall", "HB9", opening_hours=hours)
        async with http.put("/v1/ops/venues/harbour-hall", json=body, headers=operator) as put:
            assert put.status == 200, await put.text()

        async def is_closed() -> Any:
            async with http.get("/v1/venues/harbour-hall", headers=operator) as answer:
                return (await answer.json())["is_open"] is False

        # What was seen before it was planned is remembered for some seconds.
        await until(is_closed, "its hours")
        token = {KIOSK_TOKEN_HEADER: await open_session(http)}
        async with http.get("/v1/catalogue", headers=token) as answer:
            assert (answer.status, (await answer.json())["version"]) == (200, 3)
        async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
            assert len(await kept(store)) == 1
        # Views are remembered for some seconds; another task of the service has none yet.
        folder = tmp_path / "other"
        folder.mkdir()
        async with (
            fleet_process(folder, far_end.url, **ops_settings(tmp_path)) as other,
            aiohttp.ClientSession(other.url) as there,
            there.get("/v1/venues/harbour-hall", headers=operator) as answer,
        ):
            assert (await answer.json())["is_open"] is True
