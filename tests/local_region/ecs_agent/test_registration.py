"""An agent registers before anything else, and ends as the real one does when it can't."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from local_region.ecs_agent.adapters.saved_file import FILE
from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.ports import RefusedError, UnreachableError
from local_region.ecs_agent.runtime import run_agent
from local_region.ecs_agent.services.registration import AgentEndError, Host, register
from local_region.settings import RegionSettings
from tests.support.external_instance import Ecs, external_instance
from tests.support.region import RunningRegion, running_region
from tests.support.scripted_ecs import MemoryCheckpoint, ScriptedEcs

QUICK = Pace().scaled(0)
HOST = Host("kiosks", "20.10.24", memory_mib=4000, cpus=2, custom={"venue": "x"})


async def test_what_ecs_is_told_comes_back_from_it(region: RunningRegion, tmp_path: Path) -> None:
    host = external_instance(region, tmp_path, attributes={"venue": "x"})

    async with host.running():
        told = await Ecs(region).connected(host.arn)

    attributes = {one["name"]: one.get("value") for one in told["attributes"]}
    assert attributes["venue"] == "x"
    assert "ecs.capability.external" in attributes
    assert told["ec2InstanceId"].startswith("mi-")
    assert told["versionInfo"]["agentVersion"] == "1.105.1"
    registered = {one["name"]: one for one in told["registeredResources"]}
    assert registered.keys() == {"CPU", "MEMORY", "PORTS", "PORTS_UDP"}
    assert registered["MEMORY"]["integerValue"] == 4000


async def test_it_speaks_tls_by_the_authority_that_it_is_given(tmp_path: Path) -> None:
    with running_region(RegionSettings(tls_port=0)) as region:
        region.client("ecs").create_cluster(clusterName="kiosks")
        endpoint = f"https://localhost:{region.sites.tls_port}"
        trusting = external_instance(
            region, tmp_path, endpoint=endpoint, ca_file=region.sites.ca_file
        )
        async with trusting.running():
            await Ecs(region).connected(trusting.arn)
        doubting = external_instance(region, tmp_path / "doubting", endpoint=endpoint)
        assert await doubting.run_to_its_end() == 1


async def test_custom_attributes_are_sent_once_and_the_instance_stays_the_same(
    region: RunningRegion, tmp_path: Path
) -> None:
    ecs, host = Ecs(region), external_instance(region, tmp_path, attributes={"venue": "x"})
    async with host.running():
        first = host.arn
    await ecs(
        "put_attributes",
        cluster="kiosks",
        attributes=[{"name": "venue", "value": "y", "targetId": first}],
    )

    async with host.running():
        assert host.arn == first
        told = await ecs.instance(first)
    assert {"name": "venue", "value": "y"} in told["attributes"]


async def test_an_answer_that_was_lost_makes_no_second_instance(
    region: RunningRegion, tmp_path: Path
) -> None:
    region.fault(service="ecs", operation="RegisterContainerInstance", kind="drop-answer", times=1)
    host = external_instance(region, tmp_path)

    async with host.running():
        known = await Ecs(region)("list_container_instances", cluster="kiosks")

    assert region.hits() == {"ecs.RegisterContainerInstance.drop-answer": 1}
    assert known["containerInstanceArns"] == [host.arn]


async def test_throttling_is_waited_out_also_through_a_sigterm(
    region: RunningRegion, tmp_path: Path
) -> None:
    region.fault(service="ecs", operation="RegisterContainerInstance", kind="throttle", times=4)
    host = external_instance(region, tmp_path)
    asked_to_end = asyncio.Event()
    asked_to_end.set()
    told: list[dict[str, Any]] = []

    status = await run_agent(host.settings, engine=host.engine, stop=asked_to_end, told=told.append)

    assert region.hits() == {"ecs.RegisterContainerInstance.throttle": 4}
    assert status == 0
    assert told[0]["event"] == "serving"


async def test_throttled_attempts_are_seconds_to_minutes_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pauses: list[float] = []

    async def note(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    throttled = RefusedError("ThrottlingException", "Rate exceeded")
    ecs = Echoing(*[throttled] * 8, {})

    assert await register(ecs, MemoryCheckpoint(), HOST, Pace()) == "arn:1"
    assert 5 <= pauses[0] <= 6
    assert 193 <= pauses[-1] <= 232
    assert pauses[2] > pauses[1] > pauses[0]


class Echoing(ScriptedEcs):
    """Answers at last with the attributes that it was sent."""

    async def call(
        self, operation: str, params: dict[str, Any], *, timeout_s: float
    ) -> dict[str, Any]:
        await super().call(operation, params, timeout_s=timeout_s)
        told = {"containerInstanceArn": "arn:1", "attributes": params["attributes"]}
        return {"containerInstance": told}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", 1),
        ("UnrecognizedClientException", 1),
        ("ExpiredTokenException", 1),
        ("ServerException", 1),
        ("ClusterNotFoundException", 1),
        ("InvalidParameterException", 5),
        ("ClientException", 5),
    ],
)
async def test_a_refusal_ends_the_agent_at_its_first_attempt(code: str, status: int) -> None:
    ecs = ScriptedEcs(RefusedError(code, "no"))

    with pytest.raises(AgentEndError, match=code) as ended:
        await register(ecs, MemoryCheckpoint(), HOST, QUICK)

    assert ended.value.status == status
    assert len(ecs.calls) == 1


async def test_nobody_there_ends_the_agent_after_three_attempts() -> None:
    ecs = ScriptedEcs(UnreachableError("connection refused"))

    with pytest.raises(AgentEndError, match="connection refused") as ended:
        await register(ecs, MemoryCheckpoint(), HOST, QUICK)

    assert ended.value.status == 1
    assert len(ecs.calls) == 3


async def test_a_region_that_is_not_there_ends_it_before_it_serves(
    region: RunningRegion, tmp_path: Path
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        host = external_instance(region, tmp_path, endpoint=nowhere)
        told: list[dict[str, Any]] = []

        status = await run_agent(
            host.settings, engine=host.engine, stop=asyncio.Event(), told=told.append
        )

    assert (status, told) == (1, [])


async def test_credentials_that_are_not_there_yet_end_it(
    region: RunningRegion, tmp_path: Path
) -> None:
    host = external_instance(region, tmp_path)
    host.settings.credentials.unlink()

    assert await host.run_to_its_end() == 1


async def test_another_cluster_than_before_ends_it_for_good(
    region: RunningRegion, tmp_path: Path
) -> None:
    host = external_instance(region, tmp_path)
    async with host.running():
        pass
    region.client("ecs").create_cluster(clusterName="other")
    moved = external_instance(region, tmp_path, cluster="other")

    assert await moved.run_to_its_end() == 5


async def test_a_deregistered_instance_is_refused_for_good(
    region: RunningRegion, tmp_path: Path
) -> None:
    host = external_instance(region, tmp_path)
    async with host.running():
        pass
    await Ecs(region)(
        "deregister_container_instance", cluster="kiosks", containerInstance=host.arn, force=True
    )

    assert await host.run_to_its_end() == 5


async def test_a_state_that_can_not_be_read_is_left_alone(
    region: RunningRegion, tmp_path: Path
) -> None:
    host = external_instance(region, tmp_path)
    host.settings.state.mkdir()
    broken = host.settings.state / FILE
    broken.write_text('{"arn": ')

    assert await host.run_to_its_end() == 5
    assert broken.read_text() == '{"arn": '


async def test_an_attribute_that_does_not_come_back_ends_it_for_good() -> None:
    file = MemoryCheckpoint()
    told = {"containerInstanceArn": "arn:1", "attributes": [{"name": "venue", "value": "y"}]}
    ecs = ScriptedEcs({"containerInstance": told})

    with pytest.raises(AgentEndError, match="venue") as ended:
        await register(ecs, file, HOST, QUICK)

    assert ended.value.status == 5
    assert file.saved.arn is None


async def test_the_token_is_on_disk_before_it_is_used() -> None:
    file = MemoryCheckpoint()
    with pytest.raises(AgentEndError):
        await register(ScriptedEcs(UnreachableError("gone")), file, HOST, QUICK)

    [saved] = file.saves
    assert saved.token is not None
    assert json.loads(saved.model_dump_json())["arn"] is None
