"""Task definitions, and tasks as agents are told of them and report them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_region.ecs.lines import acs
from tests.support.acs_agent import acs_line
from tests.support.ecs_agent import EcsAgent
from tests.support.region import RunningRegion
from tests.support.region_tasks import (
    KIOSK,
    VOLUME,
    away,
    code_of,
    defined,
    report,
    started,
    task_of,
)

LIMITS = {"enabled": True}
EARLY, LATE = {"restartAttemptPeriod": 59}, {"restartAttemptPeriod": 1801}
MANY = {"ignoredExitCodes": list(range(51))}


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
