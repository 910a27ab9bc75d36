"""The agent against the region: register, service, payload, container, report."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_region.ecs_agent.adapters.memory_engine import MemoryContainer, MemoryEngine
from local_region.ecs_agent.adapters.saved_file import FILE
from tests.support.external_instance import PACE, Ecs, ExternalInstance, external_instance, until
from tests.support.region import RunningRegion


def engine_of(host: ExternalInstance) -> MemoryEngine:
    assert isinstance(host.engine, MemoryEngine)
    return host.engine


def container_of(host: ExternalInstance, task: dict[str, Any]) -> MemoryContainer:
    return engine_of(host).containers[task["containers"][0]["runtimeId"]]


async def up(ecs: Ecs, host: ExternalInstance, **container: Any) -> dict[str, Any]:
    """Return a task that runs."""
    arn = await ecs.run(await ecs.define(**container), host.arn)
    return await ecs.becomes(arn, "RUNNING")


async def running_task(ecs: Ecs, but: str = "") -> dict[str, Any]:
    """Return a task that runs, other than one."""

    async def found() -> dict[str, Any] | None:
        arns = (await ecs("list_tasks", cluster="kiosks"))["taskArns"]
        tasks = [await ecs.task(one) for one in arns if one != but]
        return next((one for one in tasks if one["lastStatus"] == "RUNNING"), None)

    told: dict[str, Any] = await until(found, "a running task")
    return told


async def test_a_daemon_reaches_running_on_a_host_that_registers(
    region: RunningRegion, ecs: Ecs, tmp_path: Path
) -> None:
    await ecs.daemon(await ecs.define())
    host = external_instance(region, tmp_path, attributes={"kiosk.release": "r1"})

    async with host.running():
        task = await running_task(ecs)

    assert container_of(host, task).running, "an agent that ends leaves its containers alone"
    assert engine_of(host).pulls == ["kiosk:1"]


async def test_an_attribute_moves_a_host_from_one_service_to_another(
    ecs: Ecs, host: ExternalInstance
) -> None:
    for release in ("r1", "r2"):
        await ecs.daemon(await ecs.define(f"ui-{release}", image=f"kiosk:{release}"), release)
    old = await running_task(ecs)

    target = {"name": "kiosk.release", "value": "r2", "targetId": host.arn}
    await ecs("put_attributes", cluster="kiosks", attributes=[target])

    ended = await ecs.becomes(old["taskArn"], "STOPPED")
    new = await running_task(ecs, but=old["taskArn"])
    assert ended["stopCode"] == "ServiceSchedulerInitiated"
    assert new["group"] == "service:kiosk-r2"
    assert (container_of(host, old).running, container_of(host, new).running) == (False, True)
    assert container_of(host, new).body["Image"] == "kiosk:r2"


async def test_a_stop_gives_a_container_its_own_time_or_the_agents(
    ecs: Ecs, host: ExternalInstance
) -> None:
    for own, grace in ({}, 30), ({"stopTimeout": 120}, 120), ({"stopTimeout": 0}, 0):
        task = await up(ecs, host, **own)
        await ecs.end(task["taskArn"])
        told = await ecs.becomes(task["taskArn"], "STOPPED")
        assert container_of(host, task).graces == [grace]
        assert told["containers"][0]["exitCode"] == 143
        assert told["stoppedReason"] == "Task stopped by user"


async def test_a_task_ends_with_its_essential_container_and_is_not_revived(
    ecs: Ecs, host: ExternalInstance
) -> None:
    task = await up(ecs, host)
    engine_of(host).end(container_of(host, task).docker_id, 7)

    told = await ecs.becomes(task["taskArn"], "STOPPED")

    assert (told["stopCode"], told["containers"][0]["exitCode"]) == ("EssentialContainerExited", 7)
    assert told["stoppedReason"] == "Essential container in task exited"
    [known] = await host.tasks()
    assert (known["DesiredStatus"], known["KnownStatus"]) == ("STOPPED", "STOPPED")
    assert len(engine_of(host).containers) == 1


async def test_one_container_that_is_not_essential_may_end(
    region: RunningRegion, ecs: Ecs, host: ExternalInstance
) -> None:
    containers = [
        {"name": "ui", "image": "kiosk:1", "memory": 64, "dependsOn": [START]},
        {"name": "helper", "image": "helper:1", "memory": 64, "essential": False},
    ]
    assert region
    told = await ecs("register_task_definition", family="two", containerDefinitions=containers)
    arn = await ecs.run(told["taskDefinition"]["taskDefinitionArn"], host.arn)
    await ecs.becomes(arn, "RUNNING")
    helper, ui = engine_of(host).containers.values()
    assert helper.body["Image"] == "helper:1", "it was to start first"

    engine_of(host).end(helper.docker_id, 0)
    await until(lambda: status_of(host, "helper") == "STOPPED", "the helper's end")
    assert (await ecs.task(arn))["lastStatus"] == "RUNNING"
    assert ui.running

    engine_of(host).end(ui.docker_id, 1)
    ended = await ecs.becomes(arn, "STOPPED")
    assert sorted(one["exitCode"] for one in ended["containers"]) == [0, 1]


START = {"containerName": "helper", "condition": "START"}


def status_of(host: ExternalInstance, name: str) -> str:
    saved = json.loads((host.settings.state / FILE).read_text())
    found = [
        one["status"]
        for task in saved["tasks"].values()
        for one in task["containers"]
        if one["told"]["name"] == name
    ]
    return str(found[0])


async def test_an_essential_end_stops_the_others(ecs: Ecs, host: ExternalInstance) -> None:
    containers = [{"name": name, "image": "kiosk:1", "memory": 64} for name in ("a", "b")]
    told = await ecs("register_task_definition", family="two", containerDefinitions=containers)
    arn = await ecs.run(told["taskDefinition"]["taskDefinitionArn"], host.arn)
    await ecs.becomes(arn, "RUNNING")
    first, second = engine_of(host).containers.values()

    engine_of(host).end(first.docker_id, 1)

    await ecs.becomes(arn, "STOPPED")
    assert (first.exit_code, second.exit_code, second.graces) == (1, 143, [30])


async def test_images_that_are_here_are_not_pulled_and_the_digest_is_reported(
    ecs: Ecs, host: ExternalInstance
) -> None:
    image = f"kiosk@sha256:{'0' * 64}"
    engine_of(host).images.add(image)
    task = await up(ecs, host, image=image)

    assert engine_of(host).pulls == []
    assert task["containers"][0]["imageDigest"] == f"sha256:{'0' * 64}"


async def test_a_pull_that_fails_ends_the_task_with_the_engines_words(
    ecs: Ecs, host: ExternalInstance
) -> None:
    arn = await ecs.run(await ecs.define(image="no-such:1"), host.arn)
    told = await ecs.becomes(arn, "STOPPED")
    assert told["stoppedReason"].startswith("CannotPullContainerError: manifest for no-such:1")
    assert told["stopCode"] == "TaskFailedToStart"
    assert told["containers"][0]["reason"].startswith("CannotPullContainerError")
    assert "exitCode" not in told["containers"][0]


async def test_health_is_told_and_a_service_replaces_what_is_unhealthy(
    ecs: Ecs, host: ExternalInstance
) -> None:
    unchecked = await up(ecs, host)
    await ecs.daemon(await ecs.define(healthCheck={"command": ["CMD", "true"]}))
    first = await running_task(ecs, but=unchecked["taskArn"])

    async def healthy() -> bool:
        return (await ecs.task(first["taskArn"])).get("healthStatus") == "HEALTHY"

    container_of(host, first).health = "HEALTHY"
    await until(healthy, "its health")
    assert "healthStatus" not in await ecs.task(unchecked["taskArn"])

    container_of(host, first).health = "UNHEALTHY"

    ended = await ecs.becomes(first["taskArn"], "STOPPED")
    assert ended["stoppedReason"] == "Task failed container health checks."
    assert ended["containers"][0]["healthStatus"] == "UNHEALTHY"
    assert (await ecs.task(unchecked["taskArn"]))["lastStatus"] == "RUNNING"


class SlowPull(MemoryEngine):
    """An engine whose pulls go on for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.pulling, self.cut_off = asyncio.Event(), asyncio.Event()

    async def pull(self, image: str) -> None:
        self.pulls.append(image)
        self.pulling.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cut_off.set()
            raise


async def test_a_task_can_be_stopped_while_its_image_is_pulled(
    region: RunningRegion, ecs: Ecs, tmp_path: Path
) -> None:
    engine = SlowPull()
    host = external_instance(region, tmp_path, engine)
    async with host.running():
        await ecs.connected(host.arn)
        arn = await ecs.run(await ecs.define(), host.arn)
        async with asyncio.timeout(30):
            await engine.pulling.wait()
        [told] = await host.tasks()
        assert (told["KnownStatus"], told["Containers"]) == ("NONE", [])

        await ecs.end(arn)

        await ecs.becomes(arn, "STOPPED")
        assert engine.cut_off.is_set(), "else a container would come of it later"
    assert engine.containers == {}


class SlowStart(MemoryEngine):
    """An engine that goes on with a start, whoever asked for it."""

    def __init__(self) -> None:
        super().__init__()
        self.starting, self.gate = asyncio.Event(), asyncio.Event()

    async def start(self, docker_id: str) -> None:
        self.starting.set()
        await self.gate.wait()
        await super().start(docker_id)


async def test_a_container_that_is_being_started_does_not_outlive_its_stop(
    region: RunningRegion, ecs: Ecs, tmp_path: Path
) -> None:
    engine = SlowStart()
    host = external_instance(region, tmp_path, engine)
    async with host.running():
        await ecs.connected(host.arn)
        arn = await ecs.run(await ecs.define(), host.arn)
        async with asyncio.timeout(30):
            await engine.starting.wait()
        await ecs.end(arn)
        await known_to_stop(host)
        engine.gate.set()
        await ecs.becomes(arn, "STOPPED")
    [container] = engine.containers.values()
    assert (container.running, container.exit_code) == (False, 143)


async def test_a_container_that_is_being_restarted_does_not_outlive_its_stop(
    region: RunningRegion, ecs: Ecs, tmp_path: Path
) -> None:
    engine = SlowStart()
    engine.gate.set()
    host = external_instance(region, tmp_path, engine)
    async with host.running():
        await ecs.connected(host.arn)
        task = await up(ecs, host, restartPolicy={"enabled": True, "restartAttemptPeriod": 60})
        container = container_of(host, task)
        assert container.started is not None
        container.started = container.started.replace(year=2020)
        engine.gate.clear()
        engine.starting.clear()
        engine.end(container.docker_id, 3)
        async with asyncio.timeout(30):
            await engine.starting.wait()
        await ecs.end(task["taskArn"])
        await known_to_stop(host)
        engine.gate.set()
        await ecs.becomes(task["taskArn"], "STOPPED")
    assert not container.running


async def known_to_stop(host: ExternalInstance) -> None:
    """Return once the agent has taken the stop up, and had time to get it wrong."""

    async def there() -> bool:
        return [one["DesiredStatus"] for one in await host.tasks()] == ["STOPPED"]

    await until(there, "the stop")
    await asyncio.sleep(0.2)


class EndsAtOnce(MemoryEngine):
    """An engine whose containers end before anybody notes that they began."""

    async def start(self, docker_id: str) -> None:
        await super().start(docker_id)
        self.end(docker_id, 4)
        # The agent hears of the end before its start is over.
        await asyncio.sleep(0.1)


async def test_a_container_that_ends_at_once_is_told_as_such(
    region: RunningRegion, ecs: Ecs, tmp_path: Path
) -> None:
    host = external_instance(region, tmp_path, EndsAtOnce())
    async with host.running():
        await ecs.connected(host.arn)
        arn = await ecs.run(await ecs.define(), host.arn)
        told = await ecs.becomes(arn, "STOPPED")
    assert told["containers"][0]["exitCode"] == 4


@pytest.mark.parametrize(
    ("behavior", "pulls"), [("default", 2), ("always", 2), ("once", 1), ("prefer-cached", 1)]
)
async def test_images_are_pulled_as_the_agent_is_configured(
    region: RunningRegion, ecs: Ecs, tmp_path: Path, behavior: str, pulls: int
) -> None:
    host = external_instance(region, tmp_path, pulls=behavior)
    async with host.running():
        await ecs.connected(host.arn)
        for _ in range(2):
            await up(ecs, host)
        assert engine_of(host).pulls == ["kiosk:1"] * pulls

        # What is here is good enough for the default, where nothing can be pulled any more.
        engine_of(host).registry = set()
        arn = await ecs.run(await ecs.define(), host.arn)
        await ecs.becomes(arn, "STOPPED" if behavior == "always" else "RUNNING")


async def test_a_restart_policy_restarts_once_within_its_period(
    region: RunningRegion, ecs: Ecs, tmp_path: Path
) -> None:
    host = external_instance(region, tmp_path, pace=replace(PACE, restart_period=1.0))
    async with host.running():
        await ecs.connected(host.arn)
        task = await up(ecs, host, restartPolicy={"enabled": True, "restartAttemptPeriod": 60})
        container = container_of(host, task)
        assert container.started is not None
        container.started = container.started.replace(year=2020)

        engine_of(host).end(container.docker_id, 3)
        await until(lambda: container.running, "a restart")
        [told] = await host.tasks()
        assert told["Containers"][0]["RestartCount"] == 1

        engine_of(host).end(container.docker_id, 3)
        ended = await ecs.becomes(task["taskArn"], "STOPPED")
    assert ended["containers"][0]["exitCode"] == 3


async def test_ends_while_the_engine_was_not_heard_are_found(
    ecs: Ecs, host: ExternalInstance
) -> None:
    task = await up(ecs, host)
    container = container_of(host, task)
    engine_of(host).go_away()
    container.running, container.exit_code = False, 9

    told = await ecs.becomes(task["taskArn"], "STOPPED")
    assert told["containers"][0]["exitCode"] == 9


async def test_stopped_tasks_are_forgotten_with_their_containers_in_the_end(
    region: RunningRegion, ecs: Ecs, tmp_path: Path
) -> None:
    host = external_instance(region, tmp_path, pace=replace(PACE, kept_stopped=0.2))
    async with host.running():
        await ecs.connected(host.arn)
        kept, ended = await up(ecs, host), await up(ecs, host)
        await ecs.end(ended["taskArn"])
        await until(lambda: len(engine_of(host).containers) == 1, "the container's removal")
        await until(lambda: len(saved_tasks(host)) == 1, "its task's")
        assert container_of(host, kept).running


def saved_tasks(host: ExternalInstance) -> list[str]:
    return list(json.loads((host.settings.state / FILE).read_text())["tasks"])


async def test_introspection_answers_as_the_real_one(ecs: Ecs, host: ExternalInstance) -> None:
    task = await up(ecs, host)
    docker_id = task["containers"][0]["runtimeId"]

    metadata = json.loads((await host.introspect("/v1/metadata")).body)
    assert metadata["Cluster"] == "kiosks"
    assert metadata["ContainerInstanceArn"] == host.arn
    assert metadata["Version"].startswith("Amazon ECS Agent - v1.105.1 (")
    for query, status in (
        (f"taskarn={task['taskArn']}", 200),
        (f"dockerid={docker_id}", 200),
        (f"dockerid={docker_id[:12]}", 200),
        (f"dockerid={docker_id}&taskarn=x", 400),
        ("taskarn=no-such", 404),
        (f"dockerid={docker_id[:13]}", 404),
    ):
        answer = await host.introspect(f"/v1/tasks?{query}")
        assert answer.status == status, query
        assert json.loads(answer.body)["Arn"] == (task["taskArn"] if status == 200 else "")
    assert "AvailableCommands" in json.loads((await host.introspect("/")).body)
