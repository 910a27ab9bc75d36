"""All tasks of this host: what ACS told, what was saved, what the engine says of their ends."""

import asyncio
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from local_region.ecs_agent.domain.docker_config import docker_name
from local_region.ecs_agent.domain.messages import TaskTold
from local_region.ecs_agent.domain.tasks import Container, Status, Task, refused_task
from local_region.ecs_agent.ports import Checkpoint, Engine, EngineError
from local_region.ecs_agent.services.reporter import Reporter
from local_region.ecs_agent.services.task_run import TaskRun, Ways

log = structlog.get_logger()

_LOOK_FOR_OLD: Final = 0.01
"""How often tasks are forgotten, as a share of how long they are kept."""


class Tasks:
    """Runs tasks in `group`, until that is cancelled: then the containers run on."""

    def __init__(
        self,
        engine: Engine,
        file: Checkpoint,
        reporter: Reporter,
        ways: Ways,
        group: asyncio.TaskGroup,
    ) -> None:
        self._engine = engine
        self._file = file
        self._reporter = reporter
        self._ways = ways
        self._group = group
        self._runs: dict[str, TaskRun] = {}

    @property
    def known(self) -> list[Task]:
        """Return every task, also those that have stopped."""
        return list(self._file.saved.tasks.values())

    def take(self, told: TaskTold) -> None:
        """Take a task up, or have a known one be as it is told to be now."""
        known = self._file.saved.tasks.get(told.arn)
        if known is not None:
            if told.desired == Status.STOPPED:
                self.stop(told.arn)
            return
        task = self._file.saved.tasks[told.arn] = _new_task(told)
        if told.desired == Status.STOPPED:
            # It was never here: all that is left to do is to say so.
            task.desired = Status.STOPPED
            for one in task.containers:
                one.status = Status.STOPPED
            self._changed(task)
            return
        run = self._run(task)
        self._group.create_task(run.start())

    def refuse(self, raw: dict[str, Any], reason: str) -> None:
        """Have a task that can't be read reported as stopped."""
        if "arn" not in raw:
            log.warning("task_without_arn", reason=reason)
            return
        if raw["arn"] not in self._file.saved.tasks:
            task = self._file.saved.tasks[str(raw["arn"])] = refused_task(raw, reason)
            task.ended = datetime.now(UTC)
            self._changed(task)

    def stop(self, arn: str) -> None:
        """Stop a task; one that is not known, or has stopped, is passed over."""
        run = self._runs.get(arn)
        if run is not None and run.task.desired is not Status.STOPPED:
            run.task.desired = Status.STOPPED
            self._group.create_task(run.stop())

    def running(self) -> list[tuple[str, str]]:
        """Return the tasks that should run, as ARN and cluster."""
        return [(one.arn, one.cluster) for one in self.known if one.desired is Status.RUNNING]

    async def health(self) -> list[dict[str, Any]]:
        """Return what TCS is told of the tasks that run and have health checks."""
        told = []
        for task in self.known:
            found = await self._run(task).health() if task.status is Status.RUNNING else []
            if found:
                told.append(
                    {
                        "taskArn": task.arn,
                        "clusterArn": task.cluster,
                        "taskDefinitionFamily": task.family,
                        "taskDefinitionVersion": task.version,
                        "containers": found,
                    }
                )
        return told

    async def run(self) -> None:
        """Take up what was saved, then hear of ends for ever."""
        resuming: list[TaskRun] = []
        for task in self.known:
            if task.status is Status.STOPPED:
                task.ended = task.ended or datetime.now(UTC)
                self._reporter.report(task)
            else:
                resuming.append(self._run(task))
        attempt = 0
        while True:
            try:
                # Whoever ends from here on is heard of, so none ends between look and listening.
                async with self._engine.ends() as ends:
                    for run in resuming:
                        self._group.create_task(run.resume())
                    self._look_at_all(but=resuming)
                    resuming = []
                    async for docker_id in ends:
                        attempt = 0
                        self._ended(docker_id)
            except EngineError as error:
                log.warning("engine_away", reason=str(error))
            await asyncio.sleep(self._ways.pace.engine_again.pause(attempt))
            attempt += 1

    async def forget_old(self) -> None:
        """Remove the containers of tasks that stopped long ago, and forget them."""
        kept = self._ways.pace.kept_stopped
        while True:
            await asyncio.sleep(kept * _LOOK_FOR_OLD)
            long_ago = datetime.now(UTC) - timedelta(seconds=kept)
            for task in self.known:
                if task.sent is Status.STOPPED and task.ended and task.ended < long_ago:
                    await self._forget(task)

    async def _forget(self, task: Task) -> None:
        try:
            await self._run(task).remove()
        except EngineError as error:
            log.warning("not_removed", task=task.arn, reason=str(error))
            return
        del self._file.saved.tasks[task.arn]
        self._runs.pop(task.arn, None)
        self._file.save()

    def _look_at_all(self, but: list[TaskRun]) -> None:
        """Judge all that should run: it may have ended while nobody listened."""
        for run in self._runs.values():
            if run not in but:
                for one in run.task.containers:
                    self._group.create_task(run.ended(one))

    def _ended(self, docker_id: str) -> None:
        for run in self._runs.values():
            for one in run.task.containers:
                if one.docker_id == docker_id:
                    self._group.create_task(run.ended(one))

    def _run(self, task: Task) -> TaskRun:
        if task.arn not in self._runs:
            self._runs[task.arn] = TaskRun(task, self._engine, self._ways, self._changed)
        return self._runs[task.arn]

    def _changed(self, task: Task) -> None:
        self._file.save()
        self._reporter.report(task)


def _new_task(told: TaskTold) -> Task:
    return Task(
        arn=told.arn,
        family=told.family,
        version=told.version,
        cluster=told.cluster,
        told=told,
        containers=[
            Container(
                told=one,
                docker_name=docker_name(told, one, secrets.token_hex(10)),
                endpoint=str(uuid.uuid4()),
            )
            for one in told.containers
        ],
    )
