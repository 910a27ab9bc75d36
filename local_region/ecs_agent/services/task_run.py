"""One task: images, containers, their ends, its stop.

`amazon-ecs-agent`, `agent/engine/task_manager.go` and `docker_task_engine.go`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

import structlog

from local_region.ecs_agent.domain.docker_config import creation
from local_region.ecs_agent.domain.ordering import UnsupportedOrderError, in_order
from local_region.ecs_agent.domain.pace import Pace
from local_region.ecs_agent.domain.restarts import refusal_to_restart
from local_region.ecs_agent.domain.tasks import Container, Status, Task
from local_region.ecs_agent.ports import (
    ContainerFacts,
    Engine,
    EngineError,
    NoSuchContainerError,
)

log = structlog.get_logger()

T = TypeVar("T")
PullBehavior = Literal["default", "always", "once", "prefer-cached"]
ESSENTIAL_ENDED: Final = "Essential container in task exited"
_VANISHED: Final = "ContainerVanishedError: No container matching saved ID found"


@dataclass(frozen=True, slots=True)
class Ways:
    """How this agent runs tasks. `stop_timeout_s` is for containers that name none."""

    cluster: str
    region: str
    pulls: PullBehavior
    stop_timeout_s: int
    pace: Pace


class TaskRun:
    """Brings one task to where it is to be. `changed` is called after each change of its status."""

    def __init__(
        self, task: Task, engine: Engine, ways: Ways, changed: Callable[[Task], None]
    ) -> None:
        self.task = task
        self._engine = engine
        self._ways = ways
        self._changed = changed
        self._starting: asyncio.Task[None] | None = None
        self._stopping = asyncio.Lock()
        # An end is judged by one at a time: the events of a restart would be taken for another.
        self._judging = asyncio.Lock()

    async def start(self) -> None:
        """Bring the containers up, until told to stop."""
        self._starting = asyncio.current_task()
        await self._bring_up()

    async def stop(self) -> None:
        """Stop every container, the starting of them first; the same again is no error."""
        self.task.desired = Status.STOPPED
        async with self._stopping:
            await self._end_starting()
            await asyncio.sleep(self._ways.pace.before_stop)
            # Whoever restarts a container now has done so, or never will, once this is ours.
            async with self._judging, asyncio.TaskGroup() as group:
                for one in self.task.containers:
                    group.create_task(self._stop_container(one))
            await self._ended()

    async def _end_starting(self) -> None:
        starting, self._starting = self._starting, None
        if starting is not None and starting is not asyncio.current_task():
            starting.cancel()
            await asyncio.wait((starting,))

    async def resume(self) -> None:
        """Take up what a restart of the agent left; nothing that ended meanwhile is started."""
        for one in self.task.containers:
            await self._look(one)
        if self.task.desired is Status.STOPPED or self.task.essential_ended:
            await self.stop()
        elif self.task.status.rank < Status.RUNNING.rank:
            await self.start()
        else:
            self._changed(self.task)

    async def ended(self, container: Container) -> None:
        """Judge a container that may have ended: it starts again, or its task ends."""
        async with self._judging:
            if container.status is not Status.RUNNING or not await self._has_ended(container):
                return
            if await self._restarted(container):
                return
            container.status = Status.STOPPED
        if container.told.essential:
            self._essential_ended()
            await self.stop()
        elif self.task.status is Status.STOPPED:
            await self._ended()
        else:
            self._changed(self.task)

    async def remove(self) -> None:
        """Remove the containers of a task that is to be forgotten; raises EngineError."""
        for one in self.task.containers:
            if one.docker_id is not None:
                await self._engine.remove(one.docker_id)

    async def health(self) -> list[dict[str, Any]]:
        """Return the health of containers that have checks, as TCS is told it."""
        found = []
        for one in self.task.containers:
            if one.told.health_check == "docker" and one.docker_id is not None:
                facts = await self._facts(one)
                status = (facts.health if facts else None) or "UNKNOWN"
                if status != one.health:
                    one.health, one.health_since = status, _now()
                since = one.health_since.timestamp() if one.health_since else 0.0
                told = {"containerName": one.told.name, "healthStatus": status}
                found.append({**told, "statusSince": round(since, 3)})
        return found

    async def _bring_up(self) -> None:
        task = self.task
        try:
            ordered = in_order(task.containers)
        except UnsupportedOrderError as error:
            await self._failed(task.containers[0], f"TaskDependencyError: {error}")
            return
        for step in (self._pull, self._create, self._start):
            for one in ordered:
                try:
                    await step(one)
                except EngineError as error:
                    await self._failed(one, str(error))
                    return
                self._changed(task)
        # One that ended at once did so before its task ran.
        for one in ordered:
            await self.ended(one)

    async def _pull(self, one: Container) -> None:
        if one.status.rank >= Status.PULLED.rank:
            return
        self.task.pull_started = self.task.pull_started or _now()
        image = one.told.image
        match self._ways.pulls:
            case "prefer-cached" | "once":
                if not await self._engine.has_image(image):
                    await self._engine.pull(image)
            case "always":
                await self._engine.pull(image)
            case "default":
                try:
                    await self._engine.pull(image)
                except EngineError:
                    if not await self._engine.has_image(image):
                        raise
        self.task.pull_stopped = _now()
        one.image_digest = await self._engine.image_digest(image)
        one.status = Status.PULLED

    async def _create(self, one: Container) -> None:
        if one.status.rank >= Status.CREATED.rank:
            return
        body = creation(self.task, one, self._ways.cluster, self._ways.region)
        one.docker_id = await _whole(self._engine.create(one.docker_name, body))
        one.status = Status.CREATED

    async def _start(self, one: Container) -> None:
        if one.status.rank >= Status.RUNNING.rank or one.docker_id is None:
            return
        await _whole(self._engine.start(one.docker_id))
        facts = await self._facts(one)
        if facts is not None:
            _note(one, facts)
        one.status = Status.RUNNING

    async def _failed(self, one: Container, reason: str) -> None:
        """End a task that did not come up; a container that never ran has no exit code."""
        log.warning("task_failed", task=self.task.arn, reason=reason)
        one.reason = reason
        self.task.reason = reason
        await self.stop()

    async def _stop_container(self, one: Container) -> None:
        if one.status is Status.STOPPED:
            return
        facts = await self._facts(one)
        if facts is not None:
            one.docker_id = facts.docker_id
            if facts.running:
                facts = await self._stopped(one, facts)
            _note(one, facts)
        one.status = Status.STOPPED

    async def _stopped(self, one: Container, facts: ContainerFacts) -> ContainerFacts:
        """Stop a container, again until the engine does it."""
        grace = one.told.stop_timeout
        grace = self._ways.stop_timeout_s if grace is None else grace
        attempt = 0
        while facts.running:
            try:
                await self._engine.stop(facts.docker_id, grace)
                facts = await self._engine.inspect(facts.docker_id)
            except EngineError as error:
                log.warning("stop_again", container=one.docker_name, reason=str(error))
                await asyncio.sleep(self._ways.pace.engine_again.pause(attempt))
                attempt += 1
            except NoSuchContainerError:
                return ContainerFacts(facts.docker_id, running=False, reason=_VANISHED)
        return facts

    async def _ended(self) -> None:
        """Say that the task has stopped, once."""
        if self.task.status is not Status.STOPPED or self.task.ended is not None:
            return
        await asyncio.sleep(self._ways.pace.before_stopped)
        self.task.ended = self.task.execution_stopped = _now()
        self._changed(self.task)

    async def _has_ended(self, one: Container) -> bool:
        facts = await self._facts(one)
        if facts is None:
            one.reason = _VANISHED
            return True
        _note(one, facts)
        return not facts.running

    async def _restarted(self, one: Container) -> bool:
        second = self._ways.pace.restart_period
        refusal = refusal_to_restart(one, self.task.desired, _now(), second)
        if refusal is not None or one.docker_id is None:
            log.info("not_restarted", container=one.docker_name, reason=refusal)
            return False
        try:
            await _whole(self._engine.start(one.docker_id))
        except EngineError as error:
            log.warning("restart_failed", container=one.docker_name, reason=str(error))
            return False
        one.restarts, one.restarted, one.exit_code = one.restarts + 1, _now(), None
        log.info("restarted", container=one.docker_name, restarts=one.restarts)
        self._changed(self.task)
        return True

    async def _look(self, one: Container) -> None:
        """Bring a container up to date after a restart of the agent."""
        if one.status is Status.STOPPED:
            return
        facts = await self._facts(one)
        if facts is None:
            if one.docker_id is not None:
                one.status, one.reason = Status.STOPPED, _VANISHED
            return
        _note(one, facts)
        one.docker_id = facts.docker_id
        if facts.running:
            one.status = Status.RUNNING
        elif facts.started is None:
            one.status = Status.CREATED
        else:
            one.status = Status.STOPPED
            if one.told.essential:
                self._essential_ended()

    def _essential_ended(self) -> None:
        """Note why the task ends, unless it ends because it was told to."""
        if self.task.desired is Status.RUNNING:
            self.task.reason = self.task.reason or ESSENTIAL_ENDED

    async def _facts(self, one: Container) -> ContainerFacts | None:
        """Return what the engine knows, or None if it knows nothing; wait until it answers.

        By its name, where the agent ended between the creating and the noting of the id.
        """
        attempt = 0
        while True:
            try:
                return await self._engine.inspect(one.docker_id or one.docker_name)
            except NoSuchContainerError:
                return None
            except EngineError as error:
                log.warning("engine_away", container=one.docker_name, reason=str(error))
                await asyncio.sleep(self._ways.pace.engine_again.pause(attempt))
                attempt += 1


async def _whole(act: Coroutine[Any, Any, T]) -> T:
    """Do what the engine would go on with anyway: a stop that cuts it off waits for its end.

    Else a container would be looked at before it runs, taken for stopped, and run on unwatched.
    """
    doing = asyncio.ensure_future(act)
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait((doing,))
        raise


def _note(one: Container, facts: ContainerFacts) -> None:
    one.exit_code = facts.exit_code
    one.reason = facts.reason or one.reason
    one.image_id = facts.image_id or one.image_id
    one.created, one.started = facts.created or one.created, facts.started or one.started
    if facts.running:
        one.bindings, one.volumes = facts.bindings, facts.volumes


def _now() -> datetime:
    return datetime.now(UTC)
