"""The real image as ECS runs it: registry, service, agent, Docker, a cashier at its terminal."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.terminal import Terminal
from kiosk_contracts.ui_task import SOCKETS
from local_region.ecs.services.moves import Order
from local_region.ecs_agent.adapters.docker_engine import DockerEngine
from local_region.settings import RegionSettings
from tests.support.containers.docker import DockerError, docker
from tests.support.containers.images import Image
from tests.support.containers.tiny_image import removed_containers
from tests.support.containers.venue_kiosk import VenueKiosk, venue_kiosk
from tests.support.external_instance import Ecs, ExternalInstance, external_instance, until
from tests.support.real_kiosk import sell_one, sign_in
from tests.support.region import RunningRegion, running_region

pytestmark = [pytest.mark.containers, pytest.mark.timeout(600)]


@pytest.fixture
async def kiosk(kiosk_image: Image, tmp_path: Path) -> AsyncIterator[VenueKiosk]:
    assert kiosk_image.digest
    async with venue_kiosk(tmp_path) as running:
        yield running


@pytest.fixture
def cluster() -> Iterator[str]:
    """Name a cluster whose containers are removed when the test ends."""
    name = f"kiosk-{os.urandom(4).hex()}"
    with removed_containers(name):
        yield name


@pytest.fixture
def region(cluster: str) -> Iterator[RunningRegion]:
    with running_region(RegionSettings(moves=Order.AT_ONCE, throttles=False)) as running:
        running.client("ecs").create_cluster(clusterName=cluster)
        yield running


@pytest.fixture
async def host(
    region: RunningRegion, cluster: str, tmp_path: Path
) -> AsyncIterator[ExternalInstance]:
    async with DockerEngine() as engine:
        host = external_instance(
            region, tmp_path / "host", engine, cluster=cluster, attributes={"kiosk.release": "r1"}
        )
        async with host.running():
            yield host


def on_this_host(task: dict[str, Any], kiosk: VenueKiosk) -> dict[str, Any]:
    """Return the task definition with the sockets of the test's own agent."""
    for volume in task["volumes"]:
        if volume["host"]["sourcePath"] == SOCKETS:
            volume["host"]["sourcePath"] = str(kiosk.sockets)
    return task


async def test_the_kiosks_task_is_pulled_by_digest_run_and_sold_at(
    kiosk: VenueKiosk, kiosk_image: Image, region: RunningRegion, host: ExternalInstance
) -> None:
    ecs = Ecs(region, host.settings.cluster)
    docker("image", "rm", kiosk_image.digest)
    with pytest.raises(DockerError, match="No such image"):
        docker("image", "inspect", kiosk_image.digest)
    task = on_this_host(kiosk.task(kiosk_image.digest), kiosk)
    told = await ecs("register_task_definition", **task)
    await ecs.daemon(told["taskDefinition"]["taskDefinitionArn"])

    async def running() -> dict[str, Any] | None:
        arns = (await ecs("list_tasks", cluster=host.settings.cluster))["taskArns"]
        found = [await ecs.task(one) for one in arns]
        return next((one for one in found if one["lastStatus"] == "RUNNING"), None)

    task = await until(running, "the kiosk's task", within_s=120)
    [container] = task["containers"]
    assert container["imageDigest"] == kiosk_image.digest.partition("@")[2]

    attach = ["docker", "attach", "--sig-proxy=false", container["runtimeId"]]
    async with Terminal(attach, name="kiosk", cast=kiosk.kiosk.cast) as terminal:
        await sign_in(terminal)
        assert await sell_one(terminal)

    await ecs.end(task["taskArn"])
    ended = await ecs.becomes(task["taskArn"], "STOPPED", within_s=150)
    assert ended["containers"][0]["exitCode"] == 0, "it ended by itself, in its time"
