"""What an engine must do: the in-memory one here, Docker's in tests/containers."""

import pytest

from local_region.ecs_agent.adapters.memory_engine import MemoryEngine
from tests.support.engine_conformance import EngineConformance, EngineUnderTest


class TestMemoryEngine(EngineConformance):
    """The table of containers."""

    @pytest.fixture
    def under_test(self) -> EngineUnderTest:
        engine = MemoryEngine(images={"kiosk:1"}, registry={"kiosk:1"})

        async def crash(docker_id: str) -> None:
            engine.end(docker_id, 3)

        return EngineUnderTest(
            engine, "kiosk:1", ["run"], ["ignores-term"], lambda name: name, crash
        )
