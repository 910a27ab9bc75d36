"""SubmitTaskStateChange: each task's states in order, again until ECS has them.

A report has a backoff of its own, that a connection of ACS does not shorten: after an outage of two
minutes a STOPPED can come most of a minute after the agent has connected.
"""

import asyncio
from collections import deque
from datetime import datetime
from typing import Any

import structlog

from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.domain.tasks import Container, Status, Task, backend_status
from local_region.ecs_agent.ports import Checkpoint, Ecs, RefusedError, UnreachableError

log = structlog.get_logger()


class Reporter:
    """Reports tasks; `group` is what its work runs in."""

    def __init__(self, ecs: Ecs, file: Checkpoint, pace: Pace, group: asyncio.TaskGroup) -> None:
        self._ecs = ecs
        self._file = file
        self._pace = pace
        self._group = group
        self._queues: dict[str, deque[tuple[Status, dict[str, Any]]]] = {}

    def report(self, task: Task) -> None:
        """Have ECS hear of a task's status, if it has not heard of it or of a later one."""
        queue = self._queues.get(task.arn)
        last = queue[-1][0] if queue else task.sent
        if task.status.rank < Status.RUNNING.rank or task.status.rank <= last.rank:
            return
        change = (task.status, _change(task, self._file.saved.cluster))
        if queue is None:
            self._queues[task.arn] = deque([change])
            self._group.create_task(self._drain(task))
        else:
            queue.append(change)

    async def _drain(self, task: Task) -> None:
        queue = self._queues[task.arn]
        while queue:
            status, change = queue[0]
            await self._delivered(change)
            queue.popleft()
            task.sent = status
            self._file.save()
        del self._queues[task.arn]

    async def _delivered(self, change: dict[str, Any]) -> None:
        unreachable = refused = 0
        while True:
            try:
                await self._ecs.call(
                    "SubmitTaskStateChange", change, timeout_s=self._pace.submit_attempt
                )
            except UnreachableError as error:
                pause, why = self._again(unreachable := unreachable + 1), str(error)
            except RefusedError as error:
                if error.code == "InvalidParameterException":
                    log.warning("report_dropped", task=change["task"], reason=str(error))
                    return
                if error.throttled or error.by_the_server:
                    pause = self._again(unreachable := unreachable + 1)
                else:
                    pause = self._pace.report_refused.pause(refused)
                    refused += 1
                why = str(error)
            else:
                log.info("reported", task=change["task"], status=change["status"])
                return
            log.info("report_again", task=change["task"], again_in_s=round(pause, 2), reason=why)
            await asyncio.sleep(pause)

    def _again(self, attempt: int) -> float:
        return self._pace.report_pause(attempt)


def _change(task: Task, cluster: str) -> dict[str, Any]:
    times = {
        "pullStartedAt": task.pull_started,
        "pullStoppedAt": task.pull_stopped,
        "executionStoppedAt": task.execution_stopped,
    }
    change: dict[str, Any] = {
        "cluster": task.cluster or cluster,
        "task": task.arn,
        "status": backend_status(task.status),
        "reason": task.reason[:1024],
        "containers": [_container(one) for one in task.containers],
    }
    return change | {name: _seconds(at) for name, at in times.items() if at is not None}


def _container(one: Container) -> dict[str, Any]:
    told: dict[str, Any] = {
        "containerName": one.told.name,
        "status": backend_status(one.status),
        "networkBindings": one.bindings,
    }
    more = {
        "runtimeId": one.docker_id,
        "exitCode": one.exit_code if one.status is Status.STOPPED else None,
        "reason": one.reason[:255] if one.reason else None,
        "imageDigest": one.image_digest,
    }
    return told | {name: value for name, value in more.items() if value is not None}


def _seconds(at: datetime) -> float:
    return round(at.timestamp(), 3)
