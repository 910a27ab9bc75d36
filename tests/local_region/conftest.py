"""A region for each test."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.ecs_agent import EcsAgent
from tests.support.region import RunningRegion, running_region


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    """Serve a region that nobody has touched."""
    with running_region() as running:
        yield running


@pytest.fixture
def ecs(region: RunningRegion) -> Any:
    client = region.client("ecs")
    client.create_cluster(clusterName="kiosks")
    return client


@pytest.fixture
def agent(region: RunningRegion, ecs: Any) -> EcsAgent:
    assert ecs
    agent = EcsAgent(region)
    agent.register()
    return agent
