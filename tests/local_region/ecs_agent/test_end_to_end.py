"""The stand-in for the ECS agent against the region: register, service, payload, container."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_region.ecs.services.moves import Order
from local_region.settings import RegionSettings
from tests.support.external_instance import Ecs, external_instance, until
from tests.support.region import RunningRegion, running_region


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region(RegionSettings(moves=Order.AT_ONCE)) as running:
        running.client("ecs").create_cluster(clusterName="kiosks")
        yield running


async def test_a_daemon_reaches_running_on_a_host_that_registers(
    region: RunningRegion, tmp_path: Path
) -> None:
    ecs = Ecs(region)
    await ecs.daemon(await ecs.define())
    host = external_instance(region, tmp_path, attributes={"kiosk.release": "r1"})

    async with host.running():

        async def first() -> str | None:
            arns = (await ecs("list_tasks", cluster="kiosks"))["taskArns"]
            return arns[0] if arns else None

        arn = await until(first, "a task")
        task = await ecs.becomes(arn, "RUNNING")

    [container] = host.engine.containers.values()
    assert container.running, "an agent that ends leaves its containers alone"
    assert task["containers"][0]["runtimeId"] == container.docker_id
