"""StartTask, StopTask, DescribeTasks, ListTasks, and what agents report of tasks.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StartTask.html
"""

from datetime import datetime
from typing import Any, Final

from local_region.ecs.clusters import listing
from local_region.ecs.model import (
    Cluster,
    ContainerInstance,
    EcsState,
    Task,
    TaskContainer,
    TaskDefinition,
)
from local_region.ecs.places import Places, invalid, tag_list, tags_of
from local_region.ecs.ports import Agents
from local_region.ids import Ids, unused
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

_MOST_STARTED: Final = 10
_MOST_DESCRIBED: Final = 100
_UNSUPPORTED: Final = (
    "enableExecuteCommand",
    "networkConfiguration",
    "overrides",
    "volumeConfigurations",
)


class Tasks:
    """Starts, stops and tells of tasks."""

    def __init__(self, places: Places, ids: Ids, agents: Agents) -> None:
        self._places = places
        self._state = places.state
        self._ids = ids
        self._agents = agents

    def start(self, call: Call) -> dict[str, Any]:
        """Start a task on each instance named; on none that can't take it."""
        cluster = self._places.cluster(call.params.get("cluster"))
        for member in _UNSUPPORTED:
            if call.params.get(member):
                raise invalid(f"{member} is not supported for external instances here.")
        definition = self._places.definition(call.params["taskDefinition"])
        if definition.deregistered is not None:
            raise invalid("TaskDefinition is inactive.")
        asked = call.params["containerInstances"]
        if not 1 <= len(asked) <= _MOST_STARTED:
            raise invalid("Give 1 to 10 container instances in a call.")
        told, failures = [], []
        for given in asked:
            instance = self._places.instance(cluster, given)
            why = _unfit(instance, definition)
            if instance is None or why:
                missing = self._places.missing(cluster, given)
                failures.append({**missing, "reason": why or "MISSING"})
            else:
                told.append(told_task(self._new(call, cluster, instance, definition), self._state))
        return {"tasks": told, "failures": failures}

    def stop(self, call: Call) -> dict[str, Any]:
        """Have a task stopped; its agent sends SIGTERM and waits."""
        cluster = self._places.cluster(call.params.get("cluster"))
        task = self._places.task(cluster, call.params["task"])
        if task is None:
            raise invalid("The referenced task was not found.")
        reason = call.params.get("reason", "Task stopped by user")
        self.end(task, call.now, "UserInitiated", reason)
        return {"task": told_task(task, self._state)}

    def end(self, task: Task, now: datetime, code: str, reason: str) -> None:
        """Want a task stopped; one that its agent never heard of is stopped at once."""
        if task.desired == "STOPPED":
            return
        task.desired, task.stopping, task.version = "STOPPED", now, task.version + 1
        task.stop_code, task.stopped_reason = code, reason
        if task.told is None:
            task.last_status, task.stopped = "STOPPED", now
        self._state.recount(task.instance)
        self._agents.wake(task.instance)

    def describe(self, call: Call) -> dict[str, Any]:
        """Describe up to 100, also those that stopped within the hour."""
        cluster = self._places.cluster(call.params.get("cluster"))
        self._state.forget_stopped(call.now)
        asked = call.params["tasks"]
        if not 1 <= len(asked) <= _MOST_DESCRIBED:
            raise invalid("Give 1 to 100 tasks in a call.")
        pairs = [(given, self._places.task(cluster, given)) for given in asked]
        tags = "TAGS" in call.params.get("include", [])
        return {
            "tasks": [told_task(task, self._state, tags=tags) for _, task in pairs if task],
            "failures": [
                {"arn": self._places.task_arn(cluster.name, given), "reason": "MISSING"}
                for given, task in pairs
                if not task
            ],
        }

    def listed(self, call: Call) -> dict[str, Any]:
        """List ARNs of one desired status, RUNNING unless another is asked for."""
        cluster = self._places.cluster(call.params.get("cluster"))
        self._state.forget_stopped(call.now)
        params = call.params
        on, service = None, None
        if "serviceName" in params:
            known = self._places.service(cluster, params["serviceName"])
            if known is None:
                raise AwsError("ServiceNotFoundException", "Service not found.")
            service = known.name
        if "containerInstance" in params:
            instance = self._places.instance(cluster, params["containerInstance"])
            if instance is None:
                raise invalid("Referenced container instance not found.")
            on = instance.arn
        found = [
            (task.arn, task.arn)
            for task in self._state.tasks.values()
            if task.cluster == cluster.name
            and task.desired == params.get("desiredStatus", "RUNNING")
            and on in (None, task.instance)
            and params.get("startedBy") in (None, task.started_by)
            and service in (None, task.service)
            and params.get("launchType") in (None, "EXTERNAL")
            and params.get("family") in (None, self._state.definitions[task.definition].family)
        ]
        shown, token = listing("tasks", found, call)
        return {"taskArns": shown, **token}

    def _new(
        self, call: Call, cluster: Cluster, on: ContainerInstance, definition: TaskDefinition
    ) -> Task:
        task = self.place(cluster, on, definition, call.now)
        task.group = call.params.get("group", task.group)
        task.started_by = call.params.get("startedBy")
        task.tags = tags_of(call.params.get("tags", []))
        return task

    def place(
        self, cluster: Cluster, on: ContainerInstance, definition: TaskDefinition, now: datetime
    ) -> Task:
        """Make a task of an instance, and have its agent told."""
        self._state.forget_stopped(now)
        known = self._state.tasks
        arn = unused(lambda: self._places.task_arn(cluster.name, self._ids.hex32()), known)
        hex_id = arn.rsplit("/", maxsplit=1)[-1]
        prefix = self._places.container_prefix(cluster.name, hex_id)
        task = known[arn] = Task(
            arn=arn,
            cluster=cluster.name,
            instance=on.arn,
            definition=definition.arn,
            containers=[
                TaskContainer(
                    arn=f"{prefix}/{self._ids.hex32()}", name=one["name"], image=one["image"]
                )
                for one in definition.given["containerDefinitions"]
            ],
            cpu=definition.cpu,
            memory=definition.memory,
            group=f"family:{definition.family}",
            created=now,
        )
        self._state.recount(on.arn)
        self._agents.wake(on.arn)
        return task


def _unfit(instance: ContainerInstance | None, definition: TaskDefinition) -> str | None:
    """Return why an instance can't take a task, in ECS's own words for it, or None."""
    if instance is None:
        return "MISSING"
    if instance.status == "INACTIVE":
        return "INACTIVE"
    if not instance.connected:
        return "AGENT"
    if instance.remaining("MEMORY") < definition.memory:
        return "RESOURCE:MEMORY"
    if instance.remaining("CPU") < definition.cpu:
        return "RESOURCE:CPU"
    return None


def told_task(task: Task, state: EcsState, *, tags: bool = False) -> dict[str, Any]:
    """Return a task as ECS tells it."""
    instance = state.instances[task.instance]
    told: dict[str, Any] = {
        "taskArn": task.arn,
        "clusterArn": state.clusters[task.cluster].arn,
        "containerInstanceArn": task.instance,
        "taskDefinitionArn": task.definition,
        "containers": [_told_container(task, one) for one in task.containers],
        "connectivity": "CONNECTED" if instance.connected else "DISCONNECTED",
        "launchType": "EXTERNAL",
        "desiredStatus": task.desired,
        "lastStatus": task.last_status,
        "cpu": str(task.cpu),
        "memory": str(task.memory),
        "healthStatus": task.health,
        "group": task.group,
        "startedBy": task.started_by,
        "version": task.version,
        "createdAt": task.created,
        "startedAt": task.started,
        "stoppingAt": task.stopping,
        "stoppedAt": task.stopped,
        "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason,
        "attachments": [],
        "overrides": {"containerOverrides": []},
        "tags": tag_list(task.tags) if tags else [],
    }
    return {name: value for name, value in told.items() if value is not None}


def _told_container(task: Task, one: TaskContainer) -> dict[str, Any]:
    told = {
        "containerArn": one.arn,
        "taskArn": task.arn,
        "name": one.name,
        "image": one.image,
        "imageDigest": one.image_digest,
        "runtimeId": one.runtime_id,
        "lastStatus": one.last_status,
        "healthStatus": one.health,
        "exitCode": one.exit_code,
        "reason": one.reason,
        "networkBindings": one.network_bindings,
    }
    return {name: value for name, value in told.items() if value is not None}
