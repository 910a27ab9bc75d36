"""A host that was granted a name becomes the kiosk by what AWS says of it, and by nothing else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from fleet_service.settings import FleetSettings
from tests.support.enrolled import RELEASE, Hall, Host, hall_of, settings
from tests.support.fleet import FleetFiles
from tests.support.operators import ops_settings
from tests.support.region import RunningRegion, running_region


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        yield running


@pytest.fixture
async def hall(tmp_path: Path, region: RunningRegion) -> AsyncIterator[Hall]:
    async with hall_of(tmp_path, region) as opened:
        yield opened


def refused(told: tuple[int, dict[str, Any]], status: int, code: str, *, again: bool) -> str:
    """Check a refusal; return its words."""
    assert (told[0], told[1]["code"], told[1]["retryable"]) == (status, code, again), told
    return f"{told[1]['detail']} {told[1]['hint']}"


async def stays_pending(hall: Hall) -> None:
    assert await hall.standing() == ("pending", None)


async def test_a_host_that_was_enrolled_becomes_the_kiosk_and_is_told_its_first_release(
    hall: Hall,
) -> None:
    host = await hall.enrolled()
    await stays_pending(hall)
    headers = await host.opens()
    assert await hall.standing() == ("active", host.instance_id)
    await hall.office.fleet.logged("first_release_told")
    assert hall.release(host) == RELEASE
    assert (await host.use(headers))[1]["code"] == "upstream_failed"
    await host.opens()


async def test_it_waits_until_ssm_and_ecs_know_it(hall: Hall) -> None:
    host = hall.host()
    await host.claim("till-hb1")
    host.register_with_ssm()
    words = refused(await host.prove(), 403, "kiosk_pending", again=True)
    assert f"ECS has no container instance of {host.instance_id}" in words
    await stays_pending(hall)
    host.register_with_ecs(
        kiosk_name="till-hb1", kiosk_venue="harbour-hall", kiosk_host=host.host_id
    )
    await host.opens()


async def test_one_whom_ssm_has_forgotten_is_not_matched(hall: Hall) -> None:
    host = await hall.enrolled()
    role = host.agent.role_token()
    host.agent.role_token = lambda: role  # type: ignore[method-assign]  as long as they count
    hall.region.client("ssm").deregister_managed_instance(InstanceId=host.instance_id)
    words = refused(await host.prove(), 403, "kiosk_pending", again=True)
    assert f"Systems Manager does not know {host.instance_id}" in words
    await stays_pending(hall)


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ({"kiosk_name": "till-hb2", "kiosk_venue": "harbour-hall"}, "has kiosk.name = till-hb2"),
        ({"kiosk_name": "till-hb1", "kiosk_venue": "old-mill"}, "has kiosk.venue = old-mill"),
        ({"kiosk_venue": "harbour-hall"}, "has no attribute kiosk.name; for this kiosk it is till"),
        ({"kiosk_name": "till-hb1"}, "has no attribute kiosk.venue; for this kiosk it is harbour"),
    ],
)
async def test_attributes_that_are_not_what_was_granted_are_named(
    hall: Hall, attributes: dict[str, str], why: str
) -> None:
    host = hall.host()
    await host.claim("till-hb1")
    host.register_with_ssm()
    host.register_with_ecs(**attributes)
    words = refused(await host.prove(), 403, "host_not_matched", again=False)
    assert why in words
    assert "kiosk free till-hb1" in words
    await stays_pending(hall)
    assert hall.release(host) is None


async def test_another_activation_than_the_grant_s_is_named(hall: Hall) -> None:
    host = hall.host()
    await host.claim("till-hb1")
    granted = hall.activation_id
    hall.activation = hall.region.client("ssm").create_activation(IamRole="KioskRole")
    host.register("till-hb1")
    words = refused(await host.prove(), 403, "host_not_matched", again=False)
    assert f"with the activation {hall.activation_id}" in words
    assert f"granted with {granted}" in words
    await stays_pending(hall)


async def test_an_activation_that_was_revoked_makes_nobody_a_kiosk(hall: Hall) -> None:
    host = await hall.enrolled()
    await hall.office.ask("POST", f"activations/{hall.activation_id}/revoke")
    words = refused(await host.prove(), 403, "host_not_matched", again=False)
    assert f"revoked the activation {hall.activation_id}" in words
    await stays_pending(hall)


async def test_a_name_that_no_host_was_granted_is_nobody_s(hall: Hall) -> None:
    host = hall.host()
    host.register("till-hb1")
    words = refused(await host.prove(), 403, "kiosk_pending", again=False)
    assert "was not granted the name" in words
    assert await hall.standing() == ("expected", None)


async def judged(host: Host) -> int:
    """Return what becomes of a proof; on a busy machine a turn may not come in time at once."""
    for _ in range(10):
        status, told = await host.prove()
        if (status, told.get("code")) != (503, "upstream_busy"):
            return status
    raise AssertionError(told)


async def test_of_two_hosts_that_say_they_are_one_kiosk_one_is(hall: Hall) -> None:
    first = await hall.enrolled()
    second = hall.host(2)
    assert (await second.claim("till-hb1"))[1]["code"] == "kiosk_taken"
    second.register("till-hb1")
    told = await asyncio.gather(*(judged(host) for host in (first, second) * 3))
    assert sorted(set(told)) == [201, 403]
    standing, instance_id = await hall.standing()
    assert standing == "active"
    out = second if instance_id == first.instance_id else first
    words = refused(await out.prove(), 403, "proof_refused", again=False)
    assert f"{out.instance_id} is not the host of till-hb1" in words


async def test_one_host_is_no_two_kiosks(hall: Hall) -> None:
    host, other = await hall.enrolled(), hall.host(2)
    assert (await other.claim("till-hb2"))[0] == 201
    await host.opens()
    # The host says now that it is the other kiosk, too, on the other machine.
    changed = {"targetType": "container-instance", "targetId": host.arn}
    hall.region.client("ecs").put_attributes(
        cluster="kiosks",
        attributes=[
            {**changed, "name": "kiosk.name", "value": "till-hb2"},
            {**changed, "name": "kiosk.host", "value": other.host_id},
        ],
    )
    words = refused(await host.prove("till-hb2"), 403, "host_not_matched", again=False)
    assert f"{host.instance_id} is the host of till-hb1 already" in words
    assert await hall.standing("till-hb2") == ("pending", None)


async def shown(hall: Hall, kiosk_id: str = "till-hb1") -> dict[str, Any]:
    _, told = await hall.office.ask("GET", f"kiosks/{kiosk_id}")
    found: dict[str, Any] = told
    return found


async def test_one_that_registered_before_its_name_was_freed_is_not_who_was_granted_it_then(
    hall: Hall,
) -> None:
    first, second = await hall.enrolled(), hall.host(2)
    assert (await hall.office.ask("POST", "kiosks/till-hb1/free"))[0] == 200
    words = refused(await first.prove(), 403, "kiosk_pending", again=False)
    assert "kiosk-agent bootstrap --again" in words
    assert (await second.claim("till-hb1"))[0] == 201
    for _ in range(2):
        words = refused(await first.prove(), 403, "host_not_matched", again=False)
    assert f"{first.instance_id} was registered by the machine {first.host_id[:12]}" in words
    assert f"granted to the machine {second.host_id[:12]}" in words
    assert "kiosk-agent bootstrap --again" in words
    await stays_pending(hall)
    # Operators see it where they look, until the right one comes.
    told = await shown(hall)
    assert first.instance_id in told["refused"]
    assert told["grant"]["host_id"] == second.host_id
    _, venue = await hall.office.ask("GET", "venues/harbour-hall")
    assert [one["refused"] for one in venue["kiosks"]] == [told["refused"], ""]
    second.register("till-hb1")
    await second.opens()
    assert await hall.standing() == ("active", second.instance_id)
    assert (await shown(hall))["refused"] == ""


async def test_one_whose_name_was_freed_and_granted_to_it_again_is_the_kiosk(hall: Hall) -> None:
    host = await hall.enrolled()
    await hall.host(2).claim("till-hb2")
    refused(await host.prove("till-hb2"), 403, "host_not_matched", again=False)
    assert (await hall.office.ask("POST", "kiosks/till-hb1/free"))[0] == 200
    assert (await host.claim("till-hb1"))[0] == 201
    await host.opens()


async def test_a_refusal_that_operators_see_goes_with_the_grant(hall: Hall) -> None:
    first = await hall.enrolled()
    await hall.office.ask("POST", "kiosks/till-hb1/free")
    await hall.host(2).claim("till-hb1")
    refused(await first.prove(), 403, "host_not_matched", again=False)
    assert (await shown(hall))["refused"]
    await hall.office.ask("POST", "kiosks/till-hb1/free")
    assert (await shown(hall))["refused"] == ""


async def test_a_machine_that_does_not_say_which_it_is_is_not_the_one_that_was_granted(
    hall: Hall,
) -> None:
    host = hall.host()
    await host.claim("till-hb1")
    host.register_with_ssm()
    host.register_with_ecs(kiosk_name="till-hb1", kiosk_venue="harbour-hall")
    words = refused(await host.prove(), 403, "host_not_matched", again=False)
    assert "a machine that does not say which" in words
    await stays_pending(hall)


async def test_a_host_of_the_kiosks_file_is_no_kiosk_of_the_plan(hall: Hall) -> None:
    host = await hall.enrolled()
    line = {"kiosk_id": "listed", "kiosk_code": "LI1", "venue_id": "v", "venue_name": "V"}
    hall.office.fleet.files.register({**line, "instance_id": host.instance_id})
    words = refused(await host.prove(), 403, "host_not_matched", again=False)
    assert f"{host.instance_id} is the host of listed already" in words


@pytest.mark.parametrize(
    ("service", "operation", "kind"),
    [
        ("ssm", "DescribeInstanceInformation", "throttle"),
        ("ecs", "ListContainerInstances", "5xx"),
        ("ecs", "DescribeContainerInstances", "throttle"),
    ],
)
async def test_while_aws_does_not_answer_it_waits_and_asks_again(
    hall: Hall, service: str, operation: str, kind: str
) -> None:
    host = await hall.enrolled()
    hall.region.fault(service=service, operation=operation, kind=kind, times=3)
    words = refused(await host.prove(), 503, "kiosk_pending", again=True)
    assert operation in words
    assert hall.region.hits() == {f"{service}.{operation}.{kind}": 3}
    await stays_pending(hall)
    hall.region.fault(service=service, operation=operation, kind=kind, times=2)
    # Two throttles are waited out.
    await host.opens()
    assert hall.region.hits() == {f"{service}.{operation}.{kind}": 5}


async def test_a_service_that_dies_before_ecs_is_told_tells_it_at_its_next_start(
    tmp_path: Path, region: RunningRegion
) -> None:
    async with hall_of(tmp_path, region) as hall:
        host = await hall.enrolled()
        region.fault(service="ecs", operation="PutAttributes", kind="throttle", times=1000)
        await host.opens()
        await hall.office.fleet.logged("first_release_not_told")
        await hall.office.fleet.kill()
        assert hall.release(host) is None
    assert region.hits()["ecs.PutAttributes.throttle"] >= 3
    region.admin("DELETE", "faults")
    async with hall_of(tmp_path, region) as hall:
        await hall.office.fleet.logged("first_release_told")
        assert hall.release(host) == RELEASE
        assert await hall.standing() == ("active", host.instance_id)
    async with hall_of(tmp_path, region) as hall:
        # Told once: a release that operators have chosen since stays.
        host.hall = hall
        await host.opens()
        assert "first_release_told" not in hall.office.fleet.log()


async def test_a_release_that_could_not_be_told_is_told_later(hall: Hall) -> None:
    host = await hall.enrolled()
    hall.region.fault(service="ecs", operation="PutAttributes", kind="throttle", times=4)
    await host.opens()
    await hall.office.fleet.logged("first_release_told")
    assert hall.release(host) == RELEASE
    assert hall.region.hits() == {"ecs.PutAttributes.throttle": 4}


async def test_without_a_first_release_nothing_is_told_and_the_log_says_so(
    tmp_path: Path, region: RunningRegion
) -> None:
    async with hall_of(tmp_path, region, first_release=None) as hall:
        host = await hall.enrolled()
        await host.opens()
        await hall.office.fleet.logged("first_release_not_set")
        assert hall.release(host) is None


async def test_a_service_without_a_cluster_leaves_hosts_pending_and_says_why(
    tmp_path: Path, region: RunningRegion
) -> None:
    async with hall_of(tmp_path, region, first_release=None, instance_cluster=None) as hall:
        assert "hosts_are_not_matched" in hall.office.fleet.log()
        host: Host = await hall.enrolled()
        words = refused(await host.prove(), 403, "kiosk_pending", again=True)
        assert "instance_cluster" in words


@pytest.mark.parametrize(
    ("name", "without", "why"),
    [
        ("instance_cluster", "state_file", "needs state_file or store_table"),
        ("instance_cluster", "instance_account", "needs instance_account"),
        ("first_release", "instance_cluster", "first_release needs instance_cluster"),
    ],
)
def test_the_settings_of_matching_need_others(
    tmp_path: Path, region: RunningRegion, name: str, without: str, why: str
) -> None:
    groups = {
        "state_file": ["state_file", "ops_token_sha256"],
        "instance_account": [
            *("instance_account", "instance_role", "instance_regions", "identity_audience"),
        ],
        "instance_cluster": ["instance_cluster"],
    }
    given: dict[str, object] = {**settings(region), **ops_settings(tmp_path)}
    for gone in groups[without]:
        del given[gone]
    if name == "instance_cluster":
        del given["first_release"]
    with pytest.raises(ValidationError, match=why):
        FleetSettings.model_validate(FleetFiles(tmp_path).settings("http://127.0.0.1:9", **given))
