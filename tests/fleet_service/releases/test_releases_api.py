"""Operators make releases and move a real kiosk's host to one, by a real fleet service."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cloud_store.sqlite import FLEET_SERVICE, open_sqlite
from cloud_store.workspace import Workspace
from fleet_service.releases.records import ReleaseRecord
from local_region.ecs.services.moves import Order
from local_region.settings import RegionSettings
from tests.support.acs_agent import obeying
from tests.support.enrolled import Hall, Host, hall_of
from tests.support.external_instance import until
from tests.support.region import RunningRegion, running_region

IMAGES = {
    release: f"registry.example.com/kiosk-ui@sha256:{number * 64}"
    for release, number in (("r-1", "1"), ("r-2", "2"))
}


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region(RegionSettings(moves=Order.AT_ONCE)) as running:
        yield running


@pytest.fixture
async def hall(tmp_path: Path, region: RunningRegion) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, region, "HB1", first_release="r-1", move_every_s=0.1) as opened:
        yield opened


def release(release_id: str, **task: Any) -> dict[str, Any]:
    image = IMAGES.get(release_id, IMAGES["r-1"])
    return {"release_id": release_id, "task": {"image": image, "memory_mib": 256, **task}}


def move(to: str, **more: Any) -> dict[str, Any]:
    return {"move_id": str(uuid4()), "to": to, "kiosk_id": "till-hb1", **more}


class Kiosk:
    """The kiosk of a host, which says what runs there."""

    def __init__(self, hall: Hall, host: Host, headers: dict[str, str]) -> None:
        self._hall, self._host, self._headers = hall, host, headers
        self.sold = 7

    async def report(self, shows: str, **told: Any) -> list[str]:
        """Report; return which images are wanted."""
        answer = await self._host.report(
            self._headers,
            last_sequence=self.sold,
            last_settled_sale=self.sold,
            images=[{"image": IMAGES["r-2"], "state": "ready"}],
            ui={"source": "ecs", "image": IMAGES[shows]},
            screen={"holder": "a"},
            **told,
        )
        return list(answer["images_wanted"])

    async def is_to_have(self, shows: str, *releases: str) -> None:
        """Report until these images are wanted: who is wanted what is looked up once a second."""

        async def there() -> bool:
            return await self.report(shows) == [IMAGES[one] for one in releases]

        await until(there, f"{releases} are wanted")

    async def becomes(self, move_id: str, state: str, shows: str) -> dict[str, Any]:
        """Report again and again until the move says that of the kiosk; return the move."""

        async def there() -> Any:
            await self.report(shows)
            _, told = await self._hall.office.ask("GET", f"/v1/moves/{move_id}")
            return told if told["kiosks"][0]["state"] == state else None

        found: dict[str, Any] = await until(there, state)
        return found


async def test_a_kiosk_is_moved_to_a_release_and_has_moved_once_it_sold(hall: Hall) -> None:
    office = hall.office
    for one in ("r-1", "r-2", "r-2"):
        status, told = await office.ask("POST", "releases", release(one))
        assert (status, told["state"]) == (201, "live"), told
        assert told["places"][0]["service"].endswith(f"kiosk-{one}")
    host = await hall.enrolled()
    kiosk = Kiosk(hall, host, await host.opens())
    assert host.ecs_agent is not None
    async with obeying(hall.region, host.ecs_agent) as done:
        await until(lambda: ("kiosk-ui", "RUNNING") in done, "the first release runs")
        order = move("r-2")
        status, told = await office.ask("POST", "moves", order)
        assert (status, told["state"]) == (201, "running"), told
        await kiosk.is_to_have("r-1", "r-2", "r-1")
        told = await kiosk.becomes(order["move_id"], "moving", "r-1")
        assert told["kiosks"][0]["from_release"] == "r-1"
        assert told["canary"] == "till-hb1"
        await until(lambda: hall.release(host) == "r-2", "ECS was told")
        await until(lambda: ("kiosk-ui", "STOPPED") in done, "the first release ends")
        await kiosk.becomes(order["move_id"], "settling", "r-2")
        kiosk.sold += 1
        told = await kiosk.becomes(order["move_id"], "moved", "r-2")
        assert "#8 settled" in told["kiosks"][0]["why"]

    async def ended() -> bool:
        return (await office.ask("GET", f"/v1/moves/{order['move_id']}"))[1]["state"] == "done"

    await until(ended, "the move is done")
    _, page = await office.ask("GET", f"/v1/moves/{order['move_id']}/decisions?limit=2")
    _, rest = await office.ask(
        "GET", f"/v1/moves/{order['move_id']}/decisions?after={page['next_after']}"
    )
    decided = [one["what"] for one in (*page["decisions"], *rest["decisions"])]
    steps = [one for one in decided if one != "wait"]
    assert steps == ["order", "begin", "tell", "told", "settle", "finish", "end"]
    await kiosk.is_to_have("r-2", "r-2", "r-1")
    # The same again is the same move, and it is listed once.
    assert (await office.ask("POST", "moves", order))[1]["state"] == "done"
    _, moves = await office.ask("GET", "/v1/moves?limit=1")
    assert [one["move_id"] for one in moves["moves"]] == [order["move_id"]]
    assert moves["next_after"] == order["move_id"]
    assert (await office.ask("GET", "/v1/moves?open=true"))[1]["moves"] == []


async def test_where_releases_have_no_services_a_host_is_told_its_first_one_once_it_was_made(
    tmp_path: Path, region: RunningRegion
) -> None:
    given = {"first_release": "r-1", "move_every_s": 0.1, "mover": "tasks"}
    async with hall_of(tmp_path, region, "HB1", **given) as hall:
        host = await hall.enrolled()
        assert host.ecs_agent is not None
        async with obeying(region, host.ecs_agent) as done:
            await host.opens()
            await hall.office.fleet.logged("first_release_not_told")
            assert "r-1 has no task definition in eu-central-1/kiosks" in hall.office.fleet.log()
            status, told = await hall.office.ask("POST", "releases", release("r-1"))
            assert (status, told["places"][0]["service"]) == (201, "")
            await until(lambda: ("kiosk-ui", "RUNNING") in done, "the first release runs")
        assert region.client("ecs").list_services(cluster="kiosks")["serviceArns"] == []


async def test_a_first_release_is_made_in_a_cluster_that_came_later_before_a_host_is_told_it(
    tmp_path: Path, region: RunningRegion
) -> None:
    given = {"first_release": "r-1", "move_every_s": 0.1}
    async with hall_of(tmp_path, region, "HB1", **given) as hall:
        assert (await hall.office.ask("POST", "releases", release("r-1")))[0] == 201
        host = await hall.enrolled()
    region.client("ecs").delete_service(cluster="kiosks", service="kiosk-r-1", force=True)
    async with open_sqlite(tmp_path / "fleet.db", FLEET_SERVICE) as store:
        workspace = Workspace(store)
        known = await workspace.fetch(ReleaseRecord, "r-1")
        assert known is not None
        workspace.put(known.model_copy(update={"places": ()}), "r-1")
        await workspace.commit()
    async with hall_of(tmp_path, region, "HB1", **given) as hall:
        host.hall = hall
        await host.opens()
        await hall.office.fleet.logged("first_release_told")
        found = region.client("ecs").describe_services(cluster="kiosks", services=["kiosk-r-1"])
        assert [one["status"] for one in found["services"]] == ["ACTIVE"]


async def test_releases_are_listed_by_pages_and_one_never_changes(hall: Hall) -> None:
    ask = hall.office.ask
    for one in ("r-1", "r-2"):
        assert (await ask("POST", "releases", release(one)))[0] == 201
    _, page = await ask("GET", "/v1/releases?limit=1")
    assert [one["release_id"] for one in page["releases"]] == ["r-1"]
    _, page = await ask("GET", f"/v1/releases?after={page['next_after']}")
    assert [one["release_id"] for one in page["releases"]] == ["r-2"]
    assert (await ask("GET", "/v1/releases/r-2"))[1]["task"]["image"] == IMAGES["r-2"]
    status, told = await ask("POST", "releases", release("r-2", memory_mib=300))
    assert (status, told["code"]) == (409, "release_differs")
    status, told = await ask("GET", "/v1/releases/r-9")
    assert (status, told["code"]) == (404, "release_unknown")


async def test_a_release_that_was_cut_off_is_not_live_and_goes_on_when_asked_again(
    hall: Hall,
) -> None:
    ask = hall.office.ask
    await (await hall.enrolled()).opens()
    hall.region.fault(service="ecs", operation="CreateService", kind="5xx", times=2)
    status, told = await ask("POST", "releases", release("r-2"))
    assert (status, told["code"], told["retryable"]) == (503, "ecs_away", True)
    assert (await ask("GET", "/v1/releases/r-2"))[1]["state"] == "making"
    status, told = await ask("POST", "moves", move("r-2"))
    assert (status, told["code"], told["retryable"]) == (409, "release_not_live", True)
    status, told = await ask("POST", "releases", release("r-2"))
    assert (status, told["state"]) == (201, "live")
    assert hall.region.hits() == {"ecs.CreateService.5xx": 2}


async def test_a_release_is_retired_once_no_host_is_told_it(hall: Hall) -> None:
    ask = hall.office.ask
    for one in ("r-1", "r-2", "r-3"):
        assert (await ask("POST", "releases", release(one)))[0] == 201
    host = await hall.enrolled()
    await host.opens()
    await until(lambda: hall.release(host) == "r-1", "its first release was told")
    status, told = await ask("POST", "releases/r-1/retire")
    assert (status, told["code"]) == (409, "release_in_use")
    assert "first_release" in told["detail"]
    hall.put_release(host, "r-3")
    status, told = await ask("POST", "releases/r-3/retire")
    assert (status, told["code"]) == (409, "release_in_use")
    assert f"in eu-central-1/kiosks hosts are told it: {host.instance_id}" in told["detail"]
    assert (await ask("GET", "/v1/releases/r-3"))[1]["state"] == "live"
    for _ in range(2):
        status, told = await ask("POST", "releases/r-2/retire")
        assert (status, told["state"]) == (200, "retired")
    ecs = hall.region.client("ecs")
    [service] = ecs.describe_services(cluster="kiosks", services=["kiosk-r-2"])["services"]
    assert service["status"] != "ACTIVE"
    status, told = await ask("POST", "releases", release("r-2"))
    assert (status, told["code"]) == (409, "release_retired")
    status, told = await ask("POST", "moves", move("r-2"))
    assert (status, told["code"]) == (409, "release_retired")


async def test_refusals_name_what_is_wrong(hall: Hall) -> None:
    ask = hall.office.ask
    status, told = await ask("POST", "releases", release("r-3", image="registry/kiosk-ui:latest"))
    assert (status, told["code"]) == (422, "body_invalid")
    assert "names no digest" in told["detail"]
    status, told = await ask("POST", "moves", move("r-9"))
    assert (status, told["code"]) == (409, "standing_differs")
    for path in ("/v1/moves/x", f"/v1/moves/{uuid4()}", f"/v1/moves/{uuid4()}/decisions"):
        status, told = await ask("GET", path)
        assert (status, told["code"]) == (404, "move_unknown")
    for act in ("pause", "resume", "abort"):
        status, told = await ask("POST", f"moves/{uuid4()}/{act}", {"why": "x"})
        assert (status, told["code"]) == (404, "move_unknown")
    assert (await ask("GET", "/v1/moves", token="wrong"))[0] == 401
