"""Docker's adapter of the Engine port, against Docker."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest

from local_region.ecs_agent.adapters.docker_engine import DockerEngine
from local_region.ecs_agent.ports import EngineError
from tests.support.containers.docker import docker
from tests.support.containers.required import require_containers
from tests.support.containers.tiny_image import tiny_image
from tests.support.engine_conformance import EngineConformance, EngineUnderTest

pytestmark = pytest.mark.containers

RUNS = ["sh", "-c", "trap 'exit 143' TERM; trap 'exit 3' USR1; while :; do sleep 0.05; done"]
IGNORES = ["sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"]


class TestDockerEngine(EngineConformance):
    """Docker as it runs here."""

    @pytest.fixture
    async def under_test(self) -> AsyncIterator[EngineUnderTest]:
        require_containers()
        prefix = f"ecs-engine-test-{secrets.token_hex(4)}"
        async with DockerEngine() as engine:

            async def crash(docker_id: str) -> None:
                await asyncio.to_thread(docker, "kill", "-s", "USR1", docker_id)

            yield EngineUnderTest(
                engine, tiny_image(), RUNS, IGNORES, lambda name: f"{prefix}-{name}", crash
            )
        left = docker("ps", "-aq", "--filter", f"name={prefix}").split()
        if left:
            docker("rm", "-fv", *left)


async def test_a_daemon_that_is_not_there_is_told_apart() -> None:
    async with DockerEngine("unix:///nowhere/docker.sock") as engine:
        with pytest.raises(EngineError, match="Cannot connect to the Docker daemon") as refused:
            await engine.version()
        async with engine.ends() as ends:
            assert [one async for one in ends] == []
    assert refused.value.retryable
