"""An external instance of a region: the stand-in for the ECS agent in the test's own loop."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from local_region.ecs_agent.adapters.memory_engine import MemoryEngine
from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.faults import FILE, HITS, Fault
from local_region.ecs_agent.ports import Engine
from local_region.ecs_agent.runtime import run_agent
from local_region.ecs_agent.settings import AgentSettings
from tests.support.ecs_agent import managed_instance
from tests.support.http import Answer, ask
from tests.support.region import RunningRegion
from tests.support.ssm_agent import SsmAgent

# Every wait is a fiftieth, but how long an answer may take: the machine is no faster for it.
PACE = replace(Pace().scaled(0.02), attempt=20.0, submit_attempt=20.0, silence=20.0)


def write_credentials(ssm_agent: SsmAgent, path: Path) -> None:
    """Share role credentials, as the SSM agent does."""
    issued = ssm_agent.role_token()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "[default]\n"
        f"aws_access_key_id = {issued['access_key_id']}\n"
        f"aws_secret_access_key = {issued['secret_access_key']}\n"
        f"aws_session_token = {issued['session_token']}\n"
    )


@dataclass
class ExternalInstance:
    """One host. Its folder, engine and credentials stay while its agent comes and goes."""

    settings: AgentSettings
    engine: Engine
    arn: str = ""
    port: int = 0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _running: asyncio.Task[int] | None = None

    async def start(self) -> None:
        """Start the agent and return when it serves; fail with its status if it ends first."""
        serving: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._stop = asyncio.Event()
        self._running = asyncio.create_task(
            run_agent(self.settings, engine=self.engine, stop=self._stop, told=serving.set_result)
        )
        await asyncio.wait((self._running, serving), return_when=asyncio.FIRST_COMPLETED)
        assert serving.done(), f"the agent ended with {self._running.result()}"
        self.arn, self.port = serving.result()["arn"], serving.result()["introspection_port"]

    async def run_to_its_end(self) -> int:
        """Run the agent until it ends by itself; return its exit status."""
        async with asyncio.timeout(30):
            return await run_agent(self.settings, engine=self.engine, stop=asyncio.Event())

    async def stop(self) -> int:
        """Stop the agent as SIGTERM does; return its exit status."""
        assert self._running is not None
        self._stop.set()
        running, self._running = self._running, None
        return await running

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the agent while the block does; fail if it ended by itself."""
        await self.start()
        try:
            yield
        finally:
            if self._running is not None:
                assert await self.stop() == 0

    async def introspect(self, path: str) -> Answer:
        """Ask the introspection port."""
        return await asyncio.to_thread(ask, f"http://127.0.0.1:{self.port}{path}")

    async def tasks(self) -> list[dict[str, Any]]:
        """Return what /v1/tasks tells."""
        told: list[dict[str, Any]] = json.loads((await self.introspect("/v1/tasks")).body)["Tasks"]
        return told

    def order(self, fault: Fault | None) -> None:
        """Put a fault in force, or none."""
        (self.settings.state / FILE).write_text(fault or "")

    def hits(self) -> dict[str, int]:
        """Return how often each fault has hit."""
        try:
            found: dict[str, int] = json.loads((self.settings.state / HITS).read_text())
        except FileNotFoundError:
            return {}
        return found


def external_instance(
    region: RunningRegion, folder: Path, engine: Engine | None = None, **changes: Any
) -> ExternalInstance:
    """Return a host that SSM knows; its agent is not started."""
    credentials = folder / "credentials"
    write_credentials(managed_instance(region), credentials)
    settings = AgentSettings(
        **{
            "cluster": "kiosks",
            "region": region.settings.region,
            "endpoint": region.url,
            "credentials": credentials,
            "state": folder / "ecs",
            "pulls": "prefer-cached",
            "introspection_host": "127.0.0.1",
            "introspection_port": 0,
            "memory_mib": 4000,
            "pace": PACE,
            **changes,
        }
    )
    return ExternalInstance(settings, engine or MemoryEngine())


async def until(fits: Callable[[], Any], what: str, *, within_s: float = 30) -> Any:
    """Return what `fits` returns once that is true; it may be a coroutine function."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                found = fits()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never came: {what}") from None


class Ecs:
    """The operator's calls, away from the test's loop."""

    def __init__(self, region: RunningRegion, cluster: str = "kiosks") -> None:
        self._client = region.client("ecs")
        self._cluster = cluster

    async def __call__(self, operation: str, **given: Any) -> dict[str, Any]:
        """Call an operation of boto3's client."""
        told: dict[str, Any] = await asyncio.to_thread(
            lambda: getattr(self._client, operation)(**given)
        )
        return told

    async def define(self, family: str = "ui", **container: Any) -> str:
        """Register a task definition of one container; `task_` members are the task's own."""
        own = {name.removeprefix("task_"): v for name, v in container.items() if "task_" in name}
        one = {name: value for name, value in container.items() if "task_" not in name}
        told = await self(
            "register_task_definition",
            family=family,
            containerDefinitions=[{"name": "ui", "image": "kiosk:1", "memory": 64, **one}],
            **own,
        )
        return str(told["taskDefinition"]["taskDefinitionArn"])

    async def daemon(self, definition: str, release: str = "r1") -> None:
        """Create a service for each host whose attribute is that release."""
        expression = f"attribute:kiosk.release == {release}"
        await self(
            "create_service",
            cluster=self._cluster,
            serviceName=f"kiosk-{release}",
            taskDefinition=definition,
            launchType="EXTERNAL",
            schedulingStrategy="DAEMON",
            placementConstraints=[{"type": "memberOf", "expression": expression}],
        )

    async def run(self, definition: str, instance: str) -> str:
        """Start a task on a host; return its ARN."""
        told = await self(
            "start_task",
            cluster=self._cluster,
            taskDefinition=definition,
            containerInstances=[instance],
        )
        assert not told["failures"], told["failures"]
        return str(told["tasks"][0]["taskArn"])

    async def end(self, task: str) -> None:
        """Have a task stopped."""
        await self("stop_task", cluster=self._cluster, task=task)

    async def task(self, arn: str) -> dict[str, Any]:
        """Describe a task."""
        told = await self("describe_tasks", cluster=self._cluster, tasks=[arn])
        found: dict[str, Any] = told["tasks"][0]
        return found

    async def instance(self, arn: str) -> dict[str, Any]:
        """Describe a container instance."""
        told = await self(
            "describe_container_instances", cluster=self._cluster, containerInstances=[arn]
        )
        found: dict[str, Any] = told["containerInstances"][0]
        return found

    async def becomes(self, arn: str, status: str, *, within_s: float = 30) -> dict[str, Any]:
        """Return a task once it has that status."""

        async def there() -> dict[str, Any] | None:
            found = await self.task(arn)
            return found if found["lastStatus"] == status else None

        found: dict[str, Any] = await until(there, f"{arn} {status}", within_s=within_s)
        return found

    async def connected(self, arn: str, *, yes: bool = True) -> dict[str, Any]:
        """Return a container instance once its agent is connected, or is not."""

        async def there() -> dict[str, Any] | None:
            found = await self.instance(arn)
            return found if found["agentConnected"] is yes else None

        found: dict[str, Any] = await until(there, f"connected {yes}")
        return found
