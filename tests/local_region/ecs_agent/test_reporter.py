"""Reports: each status once and in order, again until ECS has it, with pauses of their own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from local_region.ecs_agent.domain.messages import ContainerTold
from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.domain.tasks import Container, Status, Task
from local_region.ecs_agent.ports import RefusedError, UnreachableError
from local_region.ecs_agent.services.reporter import Reporter
from tests.support.scripted_ecs import MemoryCheckpoint, ScriptedEcs

OK: dict[str, Any] = {"acknowledgment": "OK"}
AWAY = UnreachableError("connection refused")


def task_of(status: Status) -> Task:
    told = ContainerTold(name="ui", image="x")
    one = Container(told=told, docker_name="ecs-ui", endpoint="e", docker_id="d-1", status=status)
    return Task(arn="arn:task/1", family="f", version="1", containers=[one])


@pytest.fixture
async def pauses(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[float]]:
    """Let no time pass, and note which would have."""
    noted: list[float] = []
    real = asyncio.sleep

    async def note(seconds: float) -> None:
        noted.append(seconds)
        await real(0)

    monkeypatch.setattr(asyncio, "sleep", note)
    yield noted
    monkeypatch.undo()


async def reported(ecs: ScriptedEcs, task: Task, *statuses: Status) -> MemoryCheckpoint:
    """Report a task at each status, all before ECS answers the first; return when all are sent."""
    file = MemoryCheckpoint(cluster="kiosks")
    async with asyncio.TaskGroup() as group:
        reporter = Reporter(ecs, file, Pace(), group)
        for status in statuses:
            task.containers[0].status = status
            reporter.report(task)
    return file


def sent(ecs: ScriptedEcs) -> list[str]:
    return [params["status"] for _, params, _ in ecs.calls]


async def test_each_status_is_reported_once_and_in_order() -> None:
    ecs, task = ScriptedEcs(OK), task_of(Status.NONE)
    stages = (Status.PULLED, Status.CREATED, Status.RUNNING, Status.RUNNING, Status.STOPPED)

    file = await reported(ecs, task, *stages, Status.STOPPED)
    await reported(ecs, task, Status.STOPPED)

    assert sent(ecs) == ["RUNNING", "STOPPED"]
    assert task.sent is Status.STOPPED
    assert len(file.saves) == 2


async def test_a_report_says_what_its_containers_are() -> None:
    ecs, task = ScriptedEcs(OK), task_of(Status.RUNNING)
    task.containers[0].exit_code = 3
    await reported(ecs, task, Status.RUNNING, Status.STOPPED)

    (operation, running, timeout_s), (_, stopped, _) = ecs.calls
    assert (operation, timeout_s) == ("SubmitTaskStateChange", 42)
    assert (running["cluster"], running["task"]) == ("kiosks", "arn:task/1")
    told = {"containerName": "ui", "status": "RUNNING", "networkBindings": [], "runtimeId": "d-1"}
    assert running["containers"] == [told]
    assert stopped["containers"] == [{**told, "status": "STOPPED", "exitCode": 3}]


@pytest.mark.parametrize(
    "error",
    [
        AWAY,
        RefusedError("ThrottlingException", "Rate exceeded"),
        RefusedError("ServerException", "oops", 500),
    ],
)
async def test_pauses_double_while_ecs_can_not_answer(
    error: Exception, pauses: list[float]
) -> None:
    ecs = ScriptedEcs(*[error] * 15, OK)
    await reported(ecs, task_of(Status.RUNNING), Status.RUNNING)

    assert len(ecs.calls) == 16
    assert 0.06 <= pauses[0] <= 0.12
    assert 2**13 * 0.03 <= pauses[12] <= 2**13 * 0.06
    assert pauses[13:] == [300.0, 300.0]


async def test_pauses_of_refusals_grow_to_half_a_minute(pauses: list[float]) -> None:
    ecs = ScriptedEcs(*[RefusedError("AccessDeniedException", "no")] * 20, OK)
    await reported(ecs, task_of(Status.RUNNING), Status.RUNNING)

    assert 1 <= pauses[0] <= 1.2
    assert 30 <= pauses[-1] <= 36


async def test_what_ecs_calls_invalid_is_not_sent_again_and_blocks_nothing(
    pauses: list[float],
) -> None:
    ecs = ScriptedEcs(RefusedError("InvalidParameterException", "no such task"), OK)
    await reported(ecs, task_of(Status.RUNNING), Status.RUNNING, Status.STOPPED)

    assert sent(ecs) == ["RUNNING", "STOPPED"]
    assert pauses == []


async def test_a_stop_waits_for_the_report_before_it(pauses: list[float]) -> None:
    ecs = ScriptedEcs(AWAY, AWAY, OK)
    await reported(ecs, task_of(Status.RUNNING), Status.RUNNING, Status.STOPPED)

    assert sent(ecs) == ["RUNNING", "RUNNING", "RUNNING", "STOPPED"]
    assert len(pauses) == 2
