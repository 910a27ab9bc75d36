"""The fleet service's store goes away and comes back: what needs no store goes on meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from cloud_store.port import Store
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from fleet_service import remembered
from fleet_service.recent import OUTLASTS_S
from fleet_service.remembered import RECALLED_S
from kiosk_contracts.venues import Standing
from kiosk_contracts.version import KIOSK_TOKEN_HEADER, OPS_TOKEN_HEADER
from tests.fleet_service.test_known_kiosks import plan, stand
from tests.support.absent_store import AbsentStore, absent_store
from tests.support.fleet import JOURNAL_ID, KIOSK_ID
from tests.support.host_office import Office, host_office, refused
from tests.support.operators import OPS_TOKEN, ops_settings
from tests.support.relay_desk import Desk, desk_in
from tests.support.sts import INSTANCE_ID
from tests.support.upstream import Upstream

OFTEN = {"judge_every_s": 0.05, "move_every_s": 0.05, "path_every_s": 0.05}


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> AbsentStore:
    return absent_store(monkeypatch)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as opened:
        yield opened


@pytest.fixture
async def office(tmp_path: Path, store: Store, away: AbsentStore) -> AsyncIterator[Office]:
    assert not away.away
    await plan(store)
    await stand(store, Standing.ACTIVE, host=INSTANCE_ID)
    async with host_office(tmp_path, **ops_settings(tmp_path)) as built:
        built.files.register()
        yield built


async def test_a_known_kiosk_is_relayed_for_half_an_hour_without_the_store(
    office: Office, away: AbsentStore
) -> None:
    status, session = await office.prove("till-hb7")
    assert status == 201
    await office.catalogue(session)
    away.away = True
    for seconds in (RECALLED_S, 60, OUTLASTS_S - 61 - RECALLED_S):
        office.clock.advance(seconds)
        # Nobody is behind this door: it was knocked at.
        assert (await office.catalogue(session))[1]["code"] == "upstream_failed"
    assert away.refused
    office.clock.advance(61)
    refused(await office.catalogue(session), status=503, code="upstream_busy")
    away.away = False
    assert (await office.catalogue(session))[1]["code"] == "upstream_failed"


async def test_strangers_names_push_no_kiosk_out_of_what_is_remembered(
    office: Office, away: AbsentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "MOST_RECALLED", 3)
    _, session = await office.prove("till-hb7")
    await office.catalogue(session)
    for number in range(5):
        refused(await office.prove(f"nobody-{number}"), code="kiosk_unknown")
    away.away = True
    office.clock.advance(60)
    assert (await office.catalogue(session))[1]["code"] == "upstream_failed"


@pytest.mark.parametrize(
    ("standing", "code"),
    [(Standing.REVOKED, "kiosk_revoked"), (Standing.RETIRED, "kiosk_retired")],
)
async def test_one_that_was_out_before_stays_out_without_the_store(
    office: Office, store: Store, away: AbsentStore, standing: Standing, code: str
) -> None:
    _, session = await office.prove("till-hb7")
    await stand(store, standing)
    office.clock.advance(RECALLED_S)
    refused(await office.catalogue(session), code=code)
    away.away = True
    for _ in range(3):
        office.clock.advance(60)
        refused(await office.catalogue(session), code=code)


async def test_whoever_is_not_known_waits_for_the_store(office: Office, away: AbsentStore) -> None:
    away.away = True
    told = await office.prove("till-hb7")
    assert told[0] == 503
    assert told[1]["retryable"] is True


async def heartbeat(desk: Desk, queued: int) -> tuple[int, dict[str, Any]]:
    body = {
        "kiosk_id": KIOSK_ID,
        "journal_id": str(JOURNAL_ID),
        "epoch": 1,
        "agent_version": "0.1.0",
        "device_time": desk.clock.now().isoformat(),
        **dict.fromkeys(("last_sequence", "parked", "quarantined"), 0),
        "queued": queued,
    }
    headers = {KIOSK_TOKEN_HEADER: desk.tokens[0]}
    async with desk.session.post("/v1/heartbeats", json=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def look(desk: Desk, path: str, token: str = OPS_TOKEN) -> tuple[int, str]:
    async with desk.session.get(path, headers={OPS_TOKEN_HEADER: token}) as answer:
        return answer.status, await answer.text()


async def viewers_token(desk: Desk) -> str:
    ends = desk.clock.now() + timedelta(days=30)
    body = {"name": "Prometheus", "role": "viewer", "expires_at": ends.isoformat()}
    headers = {OPS_TOKEN_HEADER: OPS_TOKEN}
    async with desk.session.post("/v1/ops/operator-tokens", json=body, headers=headers) as answer:
        token: str = (await answer.json())["token"]
        return token


async def told(desk: Desk, figure: str) -> None:
    """Wait until the fleet's figures have a line."""
    while figure not in (await look(desk, "/metrics/fleet"))[1]:
        desk.clock.advance(4)
        await asyncio.sleep(0.01)


async def test_the_whole_service_goes_on_and_says_what_it_can_not(
    tmp_path: Path, away: AbsentStore
) -> None:
    with structlog.testing.capture_logs() as said:
        async with (
            Upstream() as upstream,
            desk_in(tmp_path, upstream, **ops_settings(tmp_path), **OFTEN) as desk,
        ):
            viewer = await viewers_token(desk)
            assert (await look(desk, "/metrics", viewer))[0] == 200
            assert (await heartbeat(desk, 1))[0] == 200
            assert (await desk.send("before")).status == 200
            await told(desk, f'queued{{kiosk="{KIOSK_ID}",venue="harbour-hall"}} 1.0')

            away.away = True
            desk.clock.advance(5)
            for number in range(3):
                status, problem = await heartbeat(desk, 50)
                assert (status, problem["code"], problem["retryable"]) == (503, "upstream_busy", 1)
                # What was sold goes on its way, and so does all that the ticket API tells.
                assert (await desk.send(f"meanwhile {number}")).status == 200
                assert (await desk.ask(method="GET", path="/v1/catalogue")).status == 200
                desk.clock.advance(20)
            for path in ("/v1/instances", "/v1/alarms", "/metrics/fleet"):
                status, text = await look(desk, path)
                assert (status, "store does not answer" in text) == (503, True), path
            assert (await look(desk, "/dashboard"))[0] == 200
            assert (await look(desk, "/metrics", viewer))[0] == 200
            assert (await look(desk, "/v1/instances", viewer))[0] == 503
            assert (await desk.ready())[0] == 200
            refusals = away.refused
            while away.refused < refusals + 10:  # noqa: ASYNC110  rounds, which nobody tells of
                await asyncio.sleep(0.01)

            away.away = False
            assert (await heartbeat(desk, 50))[0] == 200
            await told(desk, f'queued{{kiosk="{KIOSK_ID}",venue="harbour-hall"}} 50.0')
            sent = [one.body.decode() for one in upstream.received if one.method == "POST"]
            assert sent == ["before", "meanwhile 0", "meanwhile 1", "meanwhile 2"]
    assert [one for one in said if one["log_level"] in {"error", "critical"}] == []
