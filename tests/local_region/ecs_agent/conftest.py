"""A region with a cluster, and a host in it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from local_region.ecs.services.moves import Order
from local_region.settings import RegionSettings
from tests.support.external_instance import Ecs, ExternalInstance, external_instance
from tests.support.region import RunningRegion, running_region


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    with running_region(RegionSettings(moves=Order.AT_ONCE, throttles=False)) as running:
        running.client("ecs").create_cluster(clusterName="kiosks")
        yield running


@pytest.fixture
def ecs(region: RunningRegion) -> Ecs:
    return Ecs(region)


@pytest.fixture
async def host(region: RunningRegion, ecs: Ecs, tmp_path: Path) -> AsyncIterator[ExternalInstance]:
    """Run a host's agent, with the engine that runs nothing."""
    host = external_instance(region, tmp_path, attributes={"kiosk.release": "r1"})
    async with host.running():
        await ecs.connected(host.arn)
        yield host
