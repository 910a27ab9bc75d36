"""Task definitions and tasks on external instances, told to agents and reported by them."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_region.ecs import model
from local_region.ecs.lines import acs
from tests.support.acs_agent import acs_line
from tests.support.ecs_agent import EcsAgent
from tests.support.region import RunningRegion

KIOSK = {
    "name": "ui",
    "image": "registry.example.com/kiosk-ui@sha256:" + "0" * 64,
    "command": ["kiosk-ui", "--socket", "/run/ui.sock"],
    "memory": 512,
    "memoryReservation": 256,
    "cpu": 256,
    "pseudoTerminal": True,
    "interactive": True,
    "stopTimeout": 120,
    "environment": [{"name": "LOOK", "value": "standard"}],
    "mountPoints": [{"sourceVolume": "run", "containerPath": "/run/eventpro", "readOnly": False}],
    "restartPolicy": {"enabled": True, "ignoredExitCodes": [0], "restartAttemptPeriod": 60},
    "healthCheck": {"command": ["CMD", "true"], "interval": 10},
    "logConfiguration": {"logDriver": "json-file", "options": {"max-size": "10m"}},
    "dockerLabels": {"release": "r1"},
    "readonlyRootFilesystem": True,
    "dockerSecurityOptions": ["no-new-privileges"],
    "ulimits": [{"name": "nofile", "softLimit": 64, "hardLimit": 128}],
    "systemControls": [{"namespace": "net.core.somaxconn", "value": "64"}],
    "linuxParameters": {
        "initProcessEnabled": True,
        "capabilities": {"drop": ["ALL"]},
        "sharedMemorySize": 8,
        "tmpfs": [{"containerPath": "/scratch", "size": 16, "mountOptions": ["noexec"]}],
        "devices": [{"hostPath": "/dev/null", "permissions": ["read"]}],
    },
}
LIMITS = {"enabled": True}
EARLY, LATE = {"restartAttemptPeriod": 59}, {"restartAttemptPeriod": 1801}
MANY = {"ignoredExitCodes": list(range(51))}
VOLUME = {"name": "run", "host": {"sourcePath": "/run/eventpro"}}


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


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def defined(ecs: Any, family: str = "kiosk-ui", **changes: Any) -> str:
    told = ecs.register_task_definition(
        family=family,
        requiresCompatibilities=["EXTERNAL"],
        volumes=[VOLUME],
        containerDefinitions=[{**KIOSK, **changes}],
    )
    return str(told["taskDefinition"]["taskDefinitionArn"])


def started(ecs: Any, agent: EcsAgent, definition: str = "kiosk-ui", **more: Any) -> Any:
    return ecs.start_task(
        cluster="kiosks", taskDefinition=definition, containerInstances=[agent.arn], **more
    )


def task_of(ecs: Any, arn: str) -> dict[str, Any]:
    [told] = ecs.describe_tasks(cluster="kiosks", tasks=[arn])["tasks"]
    found: dict[str, Any] = told
    return found


async def away(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Call boto3 while the line goes on."""
    return await asyncio.to_thread(lambda: call(*given, **named))


def report(agent: EcsAgent, arn: str, status: str, **container: Any) -> None:
    agent.ecs.submit_task_state_change(
        cluster="kiosks",
        task=arn,
        status=status,
        containers=[{"containerName": "ui", "status": status, **container}],
    )


def test_revisions_count_up_and_are_found_by_every_name(ecs: Any) -> None:
    first, second = defined(ecs), defined(ecs)

    assert first.endswith(":task-definition/kiosk-ui:1")
    for name, arn in (("kiosk-ui", second), ("kiosk-ui:1", first), (first, first)):
        told = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
        assert told["taskDefinitionArn"] == arn
    assert told["containerDefinitions"][0]["pseudoTerminal"] is True
    assert told["containerDefinitions"][0]["essential"] is True
    assert "EXTERNAL" in told["compatibilities"]
    assert ecs.list_task_definitions(sort="DESC")["taskDefinitionArns"] == [second, first]

    ecs.deregister_task_definition(taskDefinition=second)
    told = ecs.describe_task_definition(taskDefinition="kiosk-ui")["taskDefinition"]
    assert told["taskDefinitionArn"] == first
    assert ecs.list_task_definitions(status="INACTIVE")["taskDefinitionArns"] == [second]
    for wrong in (
        lambda: ecs.describe_task_definition(taskDefinition="gone"),
        lambda: ecs.deregister_task_definition(taskDefinition="gone:1"),
    ):
        with pytest.raises(ClientError) as refused:
            wrong()
        assert code_of(refused) == "ClientException"


@pytest.mark.parametrize(
    "changes",
    [
        {"family": "no spaces"},
        {"networkMode": "awsvpc"},
        {"requiresCompatibilities": ["FARGATE"]},
        {"ephemeralStorage": {"sizeInGiB": 30}},
        {"volumes": [{"name": "run", "efsVolumeConfiguration": {"fileSystemId": "fs-1"}}]},
        {"volumes": []},
        {"containerDefinitions": []},
        {"containerDefinitions": [{"name": "ui", "image": "x"}]},
        {"containerDefinitions": [{"name": "ui", "memory": 5}]},
        {"containerDefinitions": [{"image": "x", "memory": 5}]},
        {"containerDefinitions": [{**KIOSK, "restartPolicy": {**LIMITS, **LATE}}]},
        {"containerDefinitions": [{**KIOSK, "restartPolicy": {**LIMITS, **EARLY}}]},
        {"containerDefinitions": [{**KIOSK, "restartPolicy": {**LIMITS, **MANY}}]},
        {"containerDefinitions": [{"name": "ui", "image": "x", "memory": 5}] * 2},
        {"containerDefinitions": [{"name": "u", "image": "x", "memory": 5, "essential": False}]},
        {"memory": "much"},
    ],
)
def test_what_external_instances_can_not_run_is_refused(ecs: Any, changes: dict[str, Any]) -> None:
    whole = {"family": "kiosk-ui", "volumes": [VOLUME], "containerDefinitions": [KIOSK]}

    with pytest.raises(ClientError) as refused:
        ecs.register_task_definition(**{**whole, **changes})

    assert code_of(refused) == "ClientException"
    assert ecs.list_task_definitions()["taskDefinitionArns"] == []


async def test_a_task_is_told_run_reported_and_stopped(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        [made] = (await away(started, ecs, agent, startedBy="fleet"))["tasks"]
        arn = made["taskArn"]
        assert (made["lastStatus"], made["desiredStatus"]) == ("PENDING", "RUNNING")
        assert (made["launchType"], made["connectivity"]) == ("EXTERNAL", "CONNECTED")

        payload = await line.next("PayloadMessage")
        await line.acknowledge(payload)
        [told] = payload["tasks"]
        check_told(told, arn)
        await away(report, agent, arn, "RUNNING", runtimeId="r-1", imageDigest="sha256:1")
        running = await away(task_of, ecs, arn)
        assert running["lastStatus"] == "RUNNING"
        assert running["containers"][0]["runtimeId"] == "r-1"
        [instance] = (
            await away(
                ecs.describe_container_instances, cluster="kiosks", containerInstances=[agent.arn]
            )
        )["containerInstances"]
        assert (instance["runningTasksCount"], instance["agentConnected"]) == (1, True)

        await away(ecs.stop_task, cluster="kiosks", task=arn, reason="update")
        stop = await line.next("PayloadMessage")
        await line.acknowledge(stop)
        assert [(one["arn"], one["desiredStatus"]) for one in stop["tasks"]] == [(arn, "STOPPED")]
        assert stop["seqNum"] > payload["seqNum"]
        await away(report, agent, arn, "STOPPED", exitCode=0)
        stopped = await away(task_of, ecs, arn)
    assert (stopped["lastStatus"], stopped["stopCode"]) == ("STOPPED", "UserInitiated")
    assert stopped["stoppedReason"] == "update"
    assert stopped["containers"][0]["exitCode"] == 0


def check_told(told: dict[str, Any], arn: str) -> None:
    """Check a payload's task against what the real agent was seen to take."""
    assert told["arn"] == arn
    assert (told["family"], told["version"], told["overrides"]) == ("kiosk-ui", "1", "{}")
    assert told["launchType"] == "EXTERNAL"
    assert told["volumes"] == [{"name": "run", "type": "host", "host": VOLUME["host"]}]
    [container] = told["containers"]
    assert container["environment"] == {"LOOK": "standard"}
    assert container["command"] == KIOSK["command"]
    assert container["stopTimeout"] == 120
    assert container["restartPolicy"] == KIOSK["restartPolicy"]
    assert container["healthCheckType"] == "docker"
    assert (container["memory"], container["cpu"]) == (512, 256)
    config = json.loads(container["dockerConfig"]["config"])
    assert (config["Tty"], config["OpenStdin"]) == (True, True)
    assert config["Labels"] == {"release": "r1"}
    assert config["Healthcheck"]["Interval"] == 10_000_000_000
    host = json.loads(container["dockerConfig"]["hostConfig"])
    assert host["NetworkMode"] == "bridge"
    assert host["MemoryReservation"] == 256 * 1024 * 1024
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m"}}
    assert host["ReadonlyRootfs"] is True
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Ulimits"] == [{"Name": "nofile", "Soft": 64, "Hard": 128}]
    assert host["Sysctls"] == {"net.core.somaxconn": "64"}
    assert (host["Init"], host["CapAdd"], host["CapDrop"]) == (True, [], ["ALL"])
    assert host["ShmSize"] == 8 * 1024 * 1024
    assert host["Tmpfs"] == {"/scratch": "noexec,size=16m"}
    null = {"PathOnHost": "/dev/null", "PathInContainer": "/dev/null", "CgroupPermissions": "r"}
    assert host["Devices"] == [null]


async def test_a_restart_policy_without_a_period_has_ecss(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs, restartPolicy=LIMITS)
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        await away(started, ecs, agent)
        [task] = (await line.next("PayloadMessage"))["tasks"]
    [container] = task["containers"]
    assert container["restartPolicy"] == {"enabled": True, "restartAttemptPeriod": 300}


async def test_a_task_that_was_stopped_before_its_agent_took_it_up_is_stopped_there_too(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        [made] = (await away(started, ecs, agent))["tasks"]
        payload = await line.next("PayloadMessage")
        await away(ecs.stop_task, cluster="kiosks", task=made["taskArn"])
        assert (await away(task_of, ecs, made["taskArn"]))["lastStatus"] == "STOPPED"

        await line.acknowledge(payload)

        stop = await line.next("PayloadMessage")
        told = [(one["arn"], one["desiredStatus"]) for one in stop["tasks"]]
        assert told == [(made["taskArn"], "STOPPED")]
        await line.acknowledge(stop)
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        await line.nothing_for(0.3)


async def test_what_was_not_acknowledged_is_told_again(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        [made] = (await away(started, ecs, agent))["tasks"]
        await line.next("PayloadMessage")
        await line.nothing_for(0.3)
    async with acs_line(region, agent) as line:
        manifest = await line.next("TaskManifestMessage")
        assert [one["taskArn"] for one in manifest["tasks"]] == [made["taskArn"]]
        payload = await line.next("PayloadMessage")
        assert payload["tasks"][0]["arn"] == made["taskArn"]
        await line.acknowledge(payload)
    async with acs_line(region, agent) as line:
        again = await line.next("TaskManifestMessage")
        assert again["timeline"] > manifest["timeline"]
        await line.nothing_for(0.3)


async def test_a_payload_that_departs_from_the_agents_model_ends_the_line_unsent(
    region: RunningRegion,
    ecs: Any,
    agent: EcsAgent,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await away(defined, ecs)
    monkeypatch.setattr(acs, "task_message", lambda *_: {"arn": "a", "colour": "red"})
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        await away(started, ecs, agent)
        with pytest.raises(TypeError):
            await line.next("PayloadMessage")
    logged = "".join(capsys.readouterr())
    assert "drift" in logged
    assert "tasks[0].colour" in logged


async def test_an_agent_asks_about_tasks_beyond_the_manifest(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        [made] = (await away(started, ecs, agent))["tasks"]
        await line.next("PayloadMessage")
        found = [{"taskArn": made["taskArn"]}, {"taskArn": "arn:aws:ecs:r:a:task/kiosks/old"}]
        await line.send("TaskStopVerificationMessage", messageId="m-1", stopCandidates=found)

        ack = await line.next("TaskStopVerificationAck")

    assert ack["messageId"] == "m-1"
    assert ack["stopTasks"] == [found[1]]


async def with_line(region: RunningRegion, agent: EcsAgent, act: Callable[[], Any]) -> Any:
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        return await away(act)


async def test_only_what_can_take_a_task_is_given_one(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)
    for family, change in (
        ("big", {"memory": 9000, "memoryReservation": 8000}),
        ("busy", {"cpu": 9000}),
    ):
        await away(defined, ecs, family, **change)

    def reason(family: str = "kiosk-ui", arn: str | None = agent.arn) -> str:
        told = ecs.start_task(cluster="kiosks", taskDefinition=family, containerInstances=[arn])
        return str(told["failures"][0]["reason"])

    assert await away(reason) == "AGENT"
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        assert await away(reason, "big") == "RESOURCE:MEMORY"
        assert await away(reason, "busy") == "RESOURCE:CPU"
        assert await away(reason, "kiosk-ui", "0" * 32) == "MISSING"
        assert (await away(started, ecs, agent))["failures"] == []
    await away(
        ecs.deregister_container_instance, cluster="kiosks", containerInstance=agent.arn, force=True
    )
    assert await away(reason) == "INACTIVE"


async def test_tasks_take_of_what_an_instance_has(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)

    def left() -> tuple[int, int]:
        [told] = ecs.describe_container_instances(cluster="kiosks", containerInstances=[agent.arn])[
            "containerInstances"
        ]
        figures = {one["name"]: one.get("integerValue") for one in told["remainingResources"]}
        return figures["CPU"], figures["MEMORY"]

    assert await away(left) == (4096, 7800)
    [made] = (await with_line(region, agent, lambda: started(ecs, agent)))["tasks"]
    assert await away(left) == (4096 - 256, 7800 - 256)
    await away(report, agent, made["taskArn"], "STOPPED", exitCode=1)
    assert await away(left) == (4096, 7800)
    told = await away(task_of, ecs, made["taskArn"])
    assert told["stopCode"] == "TaskFailedToStart"


async def test_an_instance_with_tasks_is_deregistered_by_force_alone(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)
    async with acs_line(region, agent) as line:
        await line.next("TaskManifestMessage")
        [made] = (await away(started, ecs, agent))["tasks"]
        named = {"cluster": "kiosks", "containerInstance": agent.arn}
        with pytest.raises(ClientError) as refused:
            await away(ecs.deregister_container_instance, **named)
        assert code_of(refused) == "InvalidParameterException"
        await away(ecs.deregister_container_instance, **named, force=True)
        with pytest.raises(TypeError):
            await line.next("Nothing")
    assert (await away(task_of, ecs, made["taskArn"]))["lastStatus"] == "STOPPED"


async def test_reports_repeat_and_never_go_back(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)
    [made] = (await with_line(region, agent, lambda: started(ecs, agent)))["tasks"]
    arn = made["taskArn"]
    for status in ("RUNNING", "RUNNING", "STOPPED", "RUNNING", "STOPPED"):
        await away(report, agent, arn, status)

    told = await away(task_of, ecs, arn)

    assert told["lastStatus"] == "STOPPED"
    assert told["containers"][0]["lastStatus"] == "STOPPED"
    assert told["stopCode"] == "EssentialContainerExited"
    assert told["version"] == made["version"] + 2


async def test_one_instance_does_not_report_for_another(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)
    [made] = (await with_line(region, agent, lambda: started(ecs, agent)))["tasks"]
    other = await away(EcsAgent, region)

    for arn, who in ((made["taskArn"], other), ("0" * 32, agent)):
        with pytest.raises(ClientError) as refused:
            await away(report, who, arn, "STOPPED")
        assert code_of(refused) == "InvalidParameterException"
    assert (await away(task_of, ecs, made["taskArn"]))["lastStatus"] == "PENDING"


async def test_a_task_that_its_agent_never_heard_of_is_stopped_at_once(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)
    [made] = (await with_line(region, agent, lambda: started(ecs, agent)))["tasks"]

    stopped = (await away(ecs.stop_task, cluster="kiosks", task=made["taskArn"]))["task"]

    assert stopped["lastStatus"] == "STOPPED"


async def test_tasks_are_listed_by_what_they_are(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    await away(defined, ecs)
    await away(defined, ecs, "other")

    def two() -> list[str]:
        mine = (
            started(ecs, agent, startedBy="fleet")["tasks"] + started(ecs, agent, "other")["tasks"]
        )
        return [str(one["taskArn"]) for one in mine]

    first, second = await with_line(region, agent, two)

    def listed(**asked: Any) -> set[str]:
        return set(ecs.list_tasks(cluster="kiosks", **asked)["taskArns"])

    def check() -> None:
        assert listed() == {first, second}
        assert listed(family="other") == {second}
        assert listed(startedBy="fleet") == {first}
        assert listed(containerInstance=agent.arn, launchType="EXTERNAL") == {first, second}
        assert listed(launchType="FARGATE") == set()
        ecs.stop_task(cluster="kiosks", task=first)
        assert listed() == {second}
        assert listed(desiredStatus="STOPPED") == {first}
        with pytest.raises(ClientError) as refused:
            listed(containerInstance="0" * 32)
        assert code_of(refused) == "InvalidParameterException"

    await away(check)


async def test_a_stopped_task_is_told_of_for_an_hour(
    region: RunningRegion, ecs: Any, agent: EcsAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(hours=1) == model.STOPPED_SHOWN_FOR
    # Nobody's signature counts for an hour, so the test makes it shorter.
    monkeypatch.setattr(model, "STOPPED_SHOWN_FOR", timedelta(minutes=3))
    await away(defined, ecs)
    [made] = (await with_line(region, agent, lambda: started(ecs, agent)))["tasks"]
    await away(report, agent, made["taskArn"], "STOPPED")
    region.clock.ahead = timedelta(minutes=2)
    assert (await away(task_of, ecs, made["taskArn"]))["lastStatus"] == "STOPPED"
    region.clock.ahead = timedelta(minutes=4)

    told = await away(ecs.describe_tasks, cluster="kiosks", tasks=[made["taskArn"]])

    assert told["tasks"] == []
    assert told["failures"] == [{"arn": made["taskArn"], "reason": "MISSING"}]


async def test_starting_and_describing_have_their_limits(
    region: RunningRegion, ecs: Any, agent: EcsAgent
) -> None:
    arn = await away(defined, ecs)

    def check() -> None:
        for wrong in (
            {"containerInstances": []},
            {"containerInstances": [agent.arn] * 11},
            {"overrides": {"cpu": "1"}},
            {"enableExecuteCommand": True},
        ):
            with pytest.raises(ClientError) as refused:
                ecs.start_task(
                    **{
                        "cluster": "kiosks",
                        "taskDefinition": arn,
                        "containerInstances": [agent.arn],
                        **wrong,
                    }
                )
            assert code_of(refused) == "InvalidParameterException"
        for tasks in ([], ["0" * 32] * 101):
            with pytest.raises(ClientError) as refused:
                ecs.describe_tasks(cluster="kiosks", tasks=tasks)
            assert code_of(refused) == "InvalidParameterException"
        with pytest.raises(ClientError) as refused:
            ecs.stop_task(cluster="kiosks", task="0" * 32)
        assert code_of(refused) == "InvalidParameterException"
        ecs.deregister_task_definition(taskDefinition=arn)
        with pytest.raises(ClientError) as refused:
            started(ecs, agent, arn)
        assert code_of(refused) == "InvalidParameterException"

    await with_line(region, agent, check)
