"""Figures name venues and kiosks: they are told to viewers, and made once for all who scrape."""

from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from fleet_service.runtime import build_app
from fleet_service.settings import FleetSettings
from fleet_service.watch.figures import FleetFigures
from tests.support.fleet import FleetFiles
from tests.support.operator_desk import OperatorDesk


@pytest.mark.parametrize("path", ["/metrics", "/metrics/fleet"])
async def test_a_viewers_token_as_a_bearer_is_asked_for(desk: OperatorDesk, path: str) -> None:
    refused = await desk.ask("GET", path, token=None)
    assert (refused.status, refused.code) == (401, "token_missing")
    assert (await desk.ask("GET", path, token="wrong")).code == "token_invalid"
    bearer = {"Authorization": f"Bearer {await desk.token('viewer')}"}
    told = await desk.ask("GET", path, token=None, headers=bearer)
    assert (told.status, "eventpro_fleet_" in told.text) == (200, True)


async def test_the_fleets_figures_are_made_once_in_three_seconds(
    desk: OperatorDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    text = FleetFigures.text

    def counted(self: FleetFigures) -> bytes:
        made.append(self)
        return text(self)

    monkeypatch.setattr(FleetFigures, "text", counted)
    for _ in range(4):
        assert (await desk.ask("GET", "/metrics/fleet")).status == 200
    assert len(made) == 1
    desk.clock.advance(3)
    await desk.ask("GET", "/metrics/fleet")
    assert len(made) == 2


async def test_without_a_store_they_are_told_on_this_machine_alone(tmp_path: Path) -> None:
    given = FleetFiles(tmp_path).write().settings("http://127.0.0.1:9")
    server = TestServer(await build_app(FleetSettings.model_validate(given)))
    await server.start_server()
    try:
        async with aiohttp.ClientSession(server.make_url("/")) as http:
            async with http.get("/metrics") as answer:
                assert answer.status == 200
            for headers in ({"X-Forwarded-For": "192.0.2.7"}, {"Host": "fleet.example.com"}):
                async with http.get("/metrics", headers=headers) as answer:
                    assert answer.status == 401
                    assert "state_file" in (await answer.json(content_type=None))["hint"]
    finally:
        await server.close()
