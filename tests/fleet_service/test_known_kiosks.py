"""Kiosks of the plan count as those of the kiosks file do, and are out as quickly."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cloud_store.port import Item, Key, Store
from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.together import ReadsTogether
from cloud_store.workspace import Workspace
from fleet_service import remembered
from fleet_service.kiosks.known import StoredKiosks
from fleet_service.venues.records import KioskRecord
from fleet_service.venues.service import Venues
from kiosk_contracts.venues import Standing, Venue
from kiosk_contracts.version import KIOSK_TOKEN_HEADER
from tests.support.fleet import JOURNAL_ID, KIOSK_ID, FakeFleetClock, fleet_process
from tests.support.host_office import Office, host_office, kiosk, refused
from tests.support.operators import ops_settings, venue
from tests.support.sts import INSTANCE_ID, OTHER_INSTANCE_ID


async def plan(store: Store, venue_id: str = "harbour-hall", *codes: str) -> None:
    await Venues(store).put(Venue.model_validate(venue(venue_id, *(codes or ("HB7",)))))


async def stand(
    store: Store, standing: Standing, *, host: str | None = INSTANCE_ID, kiosk_id: str = "till-hb7"
) -> None:
    """Have a planned kiosk stand so, with a host."""
    workspace = Workspace(store)
    planned = await workspace.fetch(KioskRecord, kiosk_id)
    assert planned is not None
    hosted = {"standing": standing, "instance_id": host}
    workspace.put(planned.model_copy(update=hosted), kiosk_id)
    await workspace.commit()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as opened:
        yield opened


@pytest.fixture
async def office(tmp_path: Path, store: Store) -> AsyncIterator[Office]:
    await plan(store)
    async with host_office(tmp_path, **ops_settings(tmp_path)) as built:
        built.files.register(kiosk("elsewhere", "EL1", OTHER_INSTANCE_ID))
        yield built


async def test_a_kiosk_of_the_plan_opens_a_session_by_its_host(
    office: Office, store: Store
) -> None:
    await stand(store, Standing.ACTIVE)
    status, session = await office.prove("till-hb7")
    assert (status, session["kiosk"]) == (
        201,
        {
            "kiosk_id": "till-hb7",
            "kiosk_code": "HB7",
            "venue_id": "harbour-hall",
            "venue_name": "Harbour Hall",
        },
    )
    assert (await office.catalogue(session))[1]["code"] == "upstream_failed"


@pytest.mark.parametrize(
    ("standing", "code"),
    [(Standing.REVOKED, "kiosk_revoked"), (Standing.RETIRED, "kiosk_retired")],
)
async def test_one_that_is_revoked_in_the_plan_is_out_within_a_second(
    office: Office, store: Store, standing: Standing, code: str
) -> None:
    await stand(store, Standing.ACTIVE)
    _, session = await office.prove("till-hb7")
    assert (await office.catalogue(session))[1]["code"] == "upstream_failed"
    await stand(store, standing)
    office.clock.advance(1)
    refused(await office.catalogue(session), code=code)
    refused(await office.prove("till-hb7"), code=code)


async def test_a_name_that_is_free_again_lets_its_old_host_s_token_in_nowhere(
    office: Office, store: Store
) -> None:
    await stand(store, Standing.ACTIVE)
    _, session = await office.prove("till-hb7")
    await stand(store, Standing.EXPECTED, host=None)
    office.clock.advance(1)
    for told in (await office.catalogue(session), await office.prove("till-hb7")):
        assert "is not it any more" in refused(told, code="kiosk_pending")
        assert told[1]["retryable"] is False
    await stand(store, Standing.ACTIVE, host=OTHER_INSTANCE_ID)
    office.clock.advance(1)
    refused(await office.catalogue(session), status=401, code="token_invalid")


async def test_a_kiosk_of_the_file_is_asked_to_leave_there(tmp_path: Path) -> None:
    async with host_office(tmp_path) as office:
        for leaving in (False, True):
            line: dict[str, Any] = {**kiosk(KIOSK_ID, "HB1", INSTANCE_ID), "leaving": leaving}
            office.files.register(line)
            _, session = await office.prove()
            body = {"kiosk_id": KIOSK_ID, "journal_id": str(JOURNAL_ID), "epoch": 1}
            body |= dict.fromkeys(("last_sequence", "queued", "parked", "quarantined"), 0)
            body |= {"agent_version": "0.1.0", "device_time": office.clock.now().isoformat()}
            headers = {KIOSK_TOKEN_HEADER: session["token"]}
            async with office.http.post("/v1/heartbeats", json=body, headers=headers) as answer:
                assert (await answer.json())["leave"] is leaving


async def test_a_kiosk_of_the_file_is_told_which_images_are_wanted_there(tmp_path: Path) -> None:
    wanted = [f"registry.example.com/kiosk-ui@sha256:{'a' * 64}"]
    async with host_office(tmp_path) as office:
        line: dict[str, Any] = {**kiosk(KIOSK_ID, "HB1", INSTANCE_ID), "images_wanted": wanted}
        office.files.register(line)
        _, session = await office.prove()
        body = {"kiosk_id": KIOSK_ID, "journal_id": str(JOURNAL_ID), "epoch": 1}
        body |= dict.fromkeys(("last_sequence", "queued", "parked", "quarantined"), 0)
        body |= {"agent_version": "0.1.0", "device_time": office.clock.now().isoformat()}
        headers = {KIOSK_TOKEN_HEADER: session["token"]}
        async with office.http.post("/v1/heartbeats", json=body, headers=headers) as answer:
            assert (await answer.json())["images_wanted"] == wanted


async def test_the_file_wins_over_the_plan(office: Office, store: Store) -> None:
    await stand(store, Standing.REVOKED)
    office.files.register(kiosk("till-hb7", "HB7", INSTANCE_ID))
    status, session = await office.prove("till-hb7")
    assert (status, (await office.catalogue(session))[1]["code"]) == (201, "upstream_failed")


async def test_what_is_registered_twice_is_said_at_the_start_and_when_the_file_changes(
    tmp_path: Path, store: Store
) -> None:
    await plan(store, "old-mill", "HB1", "OM7")
    async with fleet_process(tmp_path, "http://127.0.0.1:9", **ops_settings(tmp_path)) as fleet:
        await fleet.logged("kiosk_code_given_twice")
        assert f"{KIOSK_ID} in the kiosks file, till-hb1 in the plan" in fleet.log()
        assert "kiosk_registered_twice" not in fleet.log()
        fleet.files.register(kiosk("till-om7", "OM7", INSTANCE_ID))
        await fleet.logged("kiosk_registered_twice")
        [line] = [line for line in fleet.lines if "kiosk_registered_twice" in line]
        said = json.loads(line)
        assert (said["level"], said["kiosk_id"]) == ("error", "till-om7")
        assert "the kiosks file's, at harbour-hall" in said["counts"]


@dataclass
class CountingStore:
    """Counts how often the store is read."""

    inner: Store
    reads: int = 0

    async def get_many(self, keys: Sequence[Key]) -> list[Item | None]:
        self.reads += 1
        return await self.inner.get_many(keys)


async def test_the_store_is_read_once_a_second_for_each_kiosk_and_few_are_remembered(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plan(store)
    clock, counting = FakeFleetClock(), CountingStore(store)
    reads = ReadsTogether(counting)  # type: ignore[arg-type]  it reads in this way alone
    stored = StoredKiosks(reads, clock)
    for _ in range(5):
        assert (await stored.recall("till-hb7")) is not None
        assert (await stored.recall("nobody")) is None
        clock.advance(0.19)
    assert counting.reads == 3  # the kiosk and its venue, and nobody
    clock.advance(0.05)
    await stored.recall("till-hb7")
    assert counting.reads == 4  # both at once: which venue it has is known by now

    monkeypatch.setattr(remembered, "MOST_RECALLED", 2)
    for kiosk_id in ("till-hb7", "a", "b", "a"):
        await stored.recall(kiosk_id)
    before = counting.reads
    await stored.recall("a")
    assert counting.reads == before
    await stored.recall("till-hb7")
    assert counting.reads == before + 1
