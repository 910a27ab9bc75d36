"""The stand-in for the ECS agent with Docker: containers as ECS makes them, and their ends."""

import asyncio
import contextlib
import json
import os
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from local_region.ecs.services.moves import Order
from local_region.ecs_agent.adapters.docker_engine import DockerEngine
from local_region.settings import RegionSettings
from tests.support.containers.docker import docker, inspect
from tests.support.containers.required import require_containers
from tests.support.containers.tiny_image import removed_containers, tiny_image
from tests.support.ecs_agent import managed_instance
from tests.support.external_instance import (
    Ecs,
    ExternalInstance,
    external_instance,
    until,
    write_credentials,
)
from tests.support.region import RunningRegion, running_region

pytestmark = pytest.mark.containers

RUNS = [
    "sh",
    "-c",
    "trap 'exit 0' TERM; trap 'exit 3' USR1; trap 'exit 5' USR2; while :; do sleep 0.05; done",
]
IGNORES_TERM = ["sh", "-c", "trap '' TERM; while :; do sleep 0.05; done"]
LABEL = "com.amazonaws.ecs."


@pytest.fixture
def region() -> Iterator[RunningRegion]:
    require_containers()
    with running_region(RegionSettings(moves=Order.AT_ONCE, throttles=False)) as running:
        yield running


@pytest.fixture
def cluster(region: RunningRegion) -> Iterator[str]:
    """Give a cluster whose containers are removed when the test ends."""
    name = f"tiny-{secrets.token_hex(4)}"
    region.client("ecs").create_cluster(clusterName=name)
    with removed_containers(name):
        yield name


@pytest.fixture
async def host(
    region: RunningRegion, cluster: str, tmp_path: Path
) -> AsyncIterator[ExternalInstance]:
    async with DockerEngine() as engine:
        host = external_instance(
            region, tmp_path, engine, cluster=cluster, attributes={"kiosk.release": "r1"}
        )
        async with host.running():
            await Ecs(region, cluster).connected(host.arn)
            yield host


@pytest.fixture
def ecs(region: RunningRegion, cluster: str) -> Ecs:
    return Ecs(region, cluster)


def inspected(name_or_id: str) -> dict[str, Any]:
    return inspect("container", name_or_id)


async def up(ecs: Ecs, host: ExternalInstance, **container: Any) -> tuple[str, dict[str, Any]]:
    """Return a task that runs, and its container as Docker knows it."""
    given = {"image": tiny_image(), "command": RUNS, **container}
    arn = await ecs.run(await ecs.define("tiny", **given), host.arn)
    task = await ecs.becomes(arn, "RUNNING")
    return arn, inspected(task["containers"][0]["runtimeId"])


async def test_a_container_has_ecss_name_labels_and_environment(
    ecs: Ecs, host: ExternalInstance, cluster: str
) -> None:
    arn, found = await up(ecs, host, environment=[{"name": "VENUE", "value": "x"}])

    prefix, _, suffix = found["Name"].rpartition("-")
    assert prefix == "/ecs-tiny-1-ui"
    assert len(suffix) == 20
    assert int(suffix, 16) >= 0
    assert found["Config"]["Labels"] == {
        f"{LABEL}cluster": cluster,
        f"{LABEL}container-name": "ui",
        f"{LABEL}task-arn": arn,
        f"{LABEL}task-definition-family": "tiny",
        f"{LABEL}task-definition-version": "1",
    }
    environment = dict(one.split("=", 1) for one in found["Config"]["Env"])
    assert environment["VENUE"] == "x"
    assert environment["AWS_REGION"] == environment["AWS_DEFAULT_REGION"] == "eu-central-1"
    metadata = environment["ECS_CONTAINER_METADATA_URI_V4"]
    assert metadata.startswith("http://169.254.170.2/v4/")
    assert environment["ECS_AGENT_URI"] == metadata.replace("/v4/", "/api/")
    assert found["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")


async def test_a_kiosks_task_definition_is_kept_to_inside_the_container(
    ecs: Ecs, host: ExternalInstance, tmp_path: Path
) -> None:
    sockets = tmp_path / "sockets"
    sockets.mkdir()
    arn, found = await up(
        ecs,
        host,
        task_networkMode="none",
        task_volumes=[{"name": "sockets", "host": {"sourcePath": str(sockets)}}],
        mountPoints=[{"sourceVolume": "sockets", "containerPath": "/mnt", "readOnly": True}],
        pseudoTerminal=True,
        interactive=True,
        user="10600:10600",
        readonlyRootFilesystem=True,
        linuxParameters={
            "capabilities": {"drop": ["ALL"]},
            "tmpfs": [{"containerPath": "/var", "size": 2, "mountOptions": ["noexec"]}],
        },
        dockerSecurityOptions=["no-new-privileges"],
        stopTimeout=120,
        memory=32,
        healthCheck={"command": ["CMD", "true"], "interval": 5},
        dockerLabels={"of": "us"},
    )

    def inside(*words: str) -> str:
        return docker("exec", found["Id"], *words)

    assert inside("id", "-u") == "10600"
    assert inside("ls", "/sys/class/net") == "lo"
    assert "CapEff:\t0000000000000000" in inside("cat", "/proc/1/status")
    assert "NoNewPrivs:\t1" in inside("cat", "/proc/1/status")
    mounts = {
        line.split()[1]: line.split()[3] for line in inside("cat", "/proc/mounts").splitlines()
    }
    assert mounts["/"].startswith("ro,")
    assert mounts["/mnt"].startswith("ro,")
    assert "noexec" in mounts["/var"]
    assert "size=2048k" in mounts["/var"]
    assert inside("sh", "-c", "tty </proc/1/fd/0 >/dev/null; ls -l /proc/1/fd/0").count("pts") == 1
    assert found["Config"]["OpenStdin"] is True
    assert found["HostConfig"]["Memory"] == 32 * 1024 * 1024
    assert found["Config"]["Labels"]["of"] == "us"

    async def healthy() -> bool:
        return (await ecs.task(arn)).get("healthStatus") == "HEALTHY"

    await until(healthy, "its health, as ECS hears of it")


async def test_a_stop_is_sigterm_and_sigkill_after_the_stop_timeout(
    ecs: Ecs, host: ExternalInstance
) -> None:
    obeying, _ = await up(ecs, host)
    stubborn, _ = await up(ecs, host, command=IGNORES_TERM, stopTimeout=1)

    for arn, exit_code in ((obeying, 0), (stubborn, 137)):
        await ecs.end(arn)
        task = await ecs.becomes(arn, "STOPPED")
        assert task["containers"][0]["exitCode"] == exit_code
        assert task["stoppedReason"] == "Task stopped by user"


async def test_a_container_that_ends_is_not_revived_but_its_service_starts_another(
    ecs: Ecs, host: ExternalInstance
) -> None:
    await ecs.daemon(await ecs.define("tiny", image=tiny_image(), command=RUNS))

    async def running(but: str = "") -> dict[str, Any] | None:
        arns = (await ecs("list_tasks", cluster=host.settings.cluster))["taskArns"]
        tasks = [await ecs.task(one) for one in arns if one != but]
        return next((one for one in tasks if one["lastStatus"] == "RUNNING"), None)

    first = await until(running, "a first task")
    dead = first["containers"][0]["runtimeId"]
    docker("kill", "-s", "USR1", dead)

    ended = await ecs.becomes(first["taskArn"], "STOPPED")
    assert ended["containers"][0]["exitCode"] == 3
    assert ended["stopCode"] == "EssentialContainerExited"
    second = await until(lambda: running(first["taskArn"]), "another task")
    assert second["containers"][0]["runtimeId"] != dead
    assert not inspected(dead)["State"]["Running"]


async def test_a_restart_policy_restarts_the_same_container(
    ecs: Ecs, host: ExternalInstance
) -> None:
    # Sixty seconds are 1.2 at the pace of the tests.
    policy = {"enabled": True, "restartAttemptPeriod": 60, "ignoredExitCodes": [5]}
    arn, found = await up(ecs, host, restartPolicy=policy)
    began = found["State"]["StartedAt"]
    await asyncio.sleep(1.3)

    docker("kill", "-s", "USR1", found["Id"])
    await until(
        lambda: (
            (state := inspected(found["Id"])["State"])["Running"] and state["StartedAt"] != began
        ),
        "a restart",
    )
    [told] = await host.tasks()
    assert told["Containers"][0]["RestartCount"] == 1
    assert (await ecs.task(arn))["lastStatus"] == "RUNNING"

    docker("kill", "-s", "USR2", found["Id"])
    task = await ecs.becomes(arn, "STOPPED")
    assert task["containers"][0]["exitCode"] == 5


async def test_what_can_not_be_pulled_or_started_is_told_and_has_no_exit_code(
    ecs: Ecs, host: ExternalInstance
) -> None:
    for changes, why in (
        ({"image": "localhost:1/none:1"}, "CannotPullContainerError: "),
        ({"image": tiny_image(), "command": ["no-such"]}, "CannotStartContainerError: "),
        (
            {"image": tiny_image(), "linuxParameters": {"capabilities": {"add": ["NO"]}}},
            "CannotCreateContainerError: ",
        ),
    ):
        arn = await ecs.run(await ecs.define("tiny", **changes), host.arn)
        task = await ecs.becomes(arn, "STOPPED")
        assert task["stoppedReason"].startswith(why)
        assert task["stopCode"] == "TaskFailedToStart"
        assert "exitCode" not in task["containers"][0]


async def test_introspection_tells_of_the_container(ecs: Ecs, host: ExternalInstance) -> None:
    arn, found = await up(ecs, host, portMappings=[{"containerPort": 80}])

    [task] = await host.tasks()
    assert (task["Arn"], task["DesiredStatus"], task["KnownStatus"]) == (arn, "RUNNING", "RUNNING")
    assert (task["Family"], task["Version"]) == ("tiny", "1")
    [container] = task["Containers"]
    assert container["DockerId"] == found["Id"]
    assert container["DockerName"] == found["Name"].lstrip("/")
    assert container["ImageID"] == found["Image"]
    # One of IPv4, one of IPv6, where the host has both.
    for port in container["Ports"]:
        assert (port["ContainerPort"], port["Protocol"]) == (80, "tcp")
        assert port["HostPort"] > 0
    assert container["Ports"]
    assert "RestartCount" not in container


async def test_an_agent_that_comes_back_finds_its_containers(
    ecs: Ecs, host: ExternalInstance
) -> None:
    kept, _ = await up(ecs, host)
    died, gone = await up(ecs, host, restartPolicy={"enabled": True, "restartAttemptPeriod": 60})
    assert await host.stop() == 0
    await asyncio.sleep(1.3)
    docker("kill", "-s", "USR1", gone["Id"])
    await until(lambda: not inspected(gone["Id"])["State"]["Running"], "its end")

    await host.start()

    task = await ecs.becomes(died, "STOPPED")
    assert task["containers"][0]["exitCode"] == 3, "nobody restarts what died unwatched"
    assert (await ecs.task(kept))["lastStatus"] == "RUNNING"
    await ecs.end(kept)
    await ecs.becomes(kept, "STOPPED")


async def test_a_container_that_eats_its_memory_is_told_as_such(
    ecs: Ecs, host: ExternalInstance
) -> None:
    eats = ["sh", "-c", "x=aaaaaaaa; while :; do x=$x$x; done"]
    arn = await ecs.run(
        await ecs.define("tiny", image=tiny_image(), command=eats, memory=8), host.arn
    )
    task = await ecs.becomes(arn, "STOPPED")
    [container] = task["containers"]
    assert container["exitCode"] == 137
    assert container["reason"] == "OutOfMemoryError: Container killed due to memory usage"


async def test_a_container_that_somebody_removed_is_told_as_gone(
    ecs: Ecs, host: ExternalInstance
) -> None:
    arn, found = await up(ecs, host)
    docker("rm", "-f", found["Id"])

    task = await ecs.becomes(arn, "STOPPED")
    assert task["stopCode"] == "EssentialContainerExited"


async def test_an_agent_that_was_killed_goes_on_with_the_same_container(
    region: RunningRegion, ecs: Ecs, cluster: str, tmp_path: Path
) -> None:
    write_credentials(managed_instance(region), tmp_path / "root/.aws/credentials")
    environment = {
        **os.environ,
        "ECS_CLUSTER": cluster,
        "ECS_BACKEND_HOST": region.url,
        "AWS_DEFAULT_REGION": region.settings.region,
    }
    async with agent_process(tmp_path, environment) as (first, arn):
        await ecs.connected(arn)
        definition = await ecs.define("tiny", image=tiny_image(), command=RUNS)
        task = await ecs.becomes(await ecs.run(definition, arn), "RUNNING")
        first.kill()
        await first.wait()
    [container] = task["containers"]
    assert inspected(container["runtimeId"])["State"]["Running"]

    async with agent_process(tmp_path, environment) as (_, again):
        assert again == arn
        await ecs.connected(arn)
        docker("kill", "-s", "USR1", container["runtimeId"])
        ended = await ecs.becomes(task["taskArn"], "STOPPED")
    assert ended["containers"][0]["exitCode"] == 3


@contextlib.asynccontextmanager
async def agent_process(
    root: Path, environment: dict[str, str]
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run the agent as a process; give it and its container instance's ARN once it serves."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_region.ecs_agent", "--root", str(root), "--pace", "0.1"),
        *("--introspection-host", "127.0.0.1", "--introspection-port", "0"),
        stdout=asyncio.subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = json.loads(await process.stdout.readline())
        yield process, line["arn"]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
