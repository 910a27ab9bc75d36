"""Tasks and the instances that they are on: what fits, who reports, what is listed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_region.ecs import model
from tests.support.acs_agent import acs_line
from tests.support.ecs_agent import EcsAgent
from tests.support.region import RunningRegion
from tests.support.region_tasks import (
    away,
    code_of,
    defined,
    report,
    started,
    task_of,
)


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
