"""A host hears what AWS says of it, and of nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk_agent.host_role.presigning import presign_caller_identity
from kiosk_agent.host_role.role_credentials import RoleCredentials
from kiosk_contracts.sessions import AUDIENCE_HEADER, NONCE_HEADER
from tests.support.enrolled import AUDIENCE, CLUSTER, Hall, Host, hall_of
from tests.support.region import RunningRegion, running_region


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region() as running:
        yield running


async def evidence(hall: Hall, host: Host, kiosk_id: str = "till-hb1") -> tuple[int, Any]:
    """Ask as a host does."""
    async with hall.office.http.post("/v1/session-nonces") as answer:
        nonce = (await answer.json())["nonce"]
    issued = host.agent.role_token()
    credentials = RoleCredentials(
        issued["access_key_id"], issued["secret_access_key"], issued["session_token"]
    )
    headers = {AUDIENCE_HEADER: AUDIENCE, NONCE_HEADER: nonce}
    url = presign_caller_identity(credentials, "eu-central-1", headers, datetime.now(UTC))
    proof = {"scheme": "caller_identity", "nonce": nonce, "url": url}
    body = {"kiosk_id": kiosk_id, "proof": proof}
    async with hall.office.http.post("/v1/enrolment/evidence", json=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_each_step_of_a_host_is_seen(tmp_path: Path, region: RunningRegion) -> None:
    async with hall_of(tmp_path, region) as hall:
        host = hall.host()
        await host.claim("till-hb1")
        host.register_with_ssm()
        status, told = await evidence(hall, host)
        assert (status, told["ping"], told["container_instance"]) == (200, "ConnectionLost", None)
        assert told["instance_id"] == host.instance_id
        host.agent.ping(host.agent.role_token())
        names = {"kiosk_name": "till-hb1", "kiosk_venue": "harbour-hall"}
        host.register_with_ecs(**names, kiosk_host=host.host_id, other="x")
        status, told = await evidence(hall, host)
        assert (status, told["ping"]) == (200, "Online")
        assert told["container_instance"] == {
            "cluster": CLUSTER,
            "status": "ACTIVE",
            "connected": False,
            "attributes": {
                "kiosk.name": "till-hb1",
                "kiosk.venue": "harbour-hall",
                "kiosk.host": host.host_id,
            },
        }
        assert await hall.standing() == ("pending", None), "being told changes nothing"


async def test_a_host_hears_of_itself_alone(tmp_path: Path, region: RunningRegion) -> None:
    async with hall_of(tmp_path, region) as hall:
        await (await hall.enrolled("till-hb1", 1)).opens()
        second = await hall.enrolled("till-hb2", 2)
        _, told = await evidence(hall, second, "till-hb1")
        assert told["instance_id"] == second.instance_id
        assert told["container_instance"]["attributes"]["kiosk.name"] == "till-hb2"


async def test_a_host_whose_name_is_another_machine_s_is_told_before_it_waits(
    tmp_path: Path, region: RunningRegion
) -> None:
    async with hall_of(tmp_path, region) as hall:
        first = await hall.enrolled()
        await hall.office.ask("POST", "kiosks/till-hb1/free")
        assert (await hall.host(2).claim("till-hb1"))[0] == 201
        status, told = await evidence(hall, first)
        assert (status, told["code"], told["retryable"]) == (403, "host_not_matched", False)
        assert "kiosk-agent bootstrap --again" in told["hint"]
        _, kiosk = await hall.office.ask("GET", "kiosks/till-hb1")
        assert (kiosk["standing"], kiosk["refused"]) == ("pending", ""), "asking changes nothing"


async def test_whoever_is_no_kiosk_of_ours_hears_nothing(
    tmp_path: Path, region: RunningRegion
) -> None:
    async with hall_of(tmp_path, region) as hall:
        host = await hall.enrolled()
        status, told = await evidence(hall, host, "till-of-nobody")
        assert (status, told["code"]) == (403, "kiosk_unknown")
        body = {"kiosk_id": "till-hb1", "proof": {"scheme": "enrolment_secret", "secret": "x"}}
        async with hall.office.http.post("/v1/enrolment/evidence", json=body) as answer:
            assert (answer.status, (await answer.json())["code"]) == (403, "proof_refused")


async def test_while_aws_cannot_be_asked_the_host_asks_again(
    tmp_path: Path, region: RunningRegion
) -> None:
    async with hall_of(tmp_path, region) as hall:
        host = await hall.enrolled()
        region.fault(service="ssm", operation="DescribeInstanceInformation", kind="5xx", times=9)
        status, told = await evidence(hall, host)
        assert (status, told["code"], told["retryable"]) == (503, "kiosk_pending", True)
        assert region.hits()


async def test_a_fleet_service_without_a_cluster_says_so(
    tmp_path: Path, region: RunningRegion
) -> None:
    async with hall_of(tmp_path, region, instance_cluster=None, first_release=None) as hall:
        host = await hall.enrolled()
        status, told = await evidence(hall, host)
        assert (status, "instance_cluster" in told["hint"]) == (404, True)
