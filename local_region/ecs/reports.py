"""SubmitTaskStateChange: what an agent says of a task on its instance.

Reports repeat and come late (`amazon-ecs-agent`, `agent/eventhandler`), so a status only ever goes
forward, and the same report again changes nothing.
"""

from typing import Any, Final

from local_region.ecs.model import Cluster, Task
from local_region.ecs.places import Places, invalid
from local_region.ecs.ports import Agents
from local_region.wire.service import Call

_ORDER: Final = ("PENDING", "RUNNING", "STOPPED")


class Reports:
    """Hears of tasks."""

    def __init__(self, places: Places, agents: Agents) -> None:
        self._places = places
        self._agents = agents

    def submit(self, call: Call) -> dict[str, Any]:
        """Note a task's state and its containers'."""
        cluster = self._places.cluster(call.params.get("cluster"))
        task = self._places.task(cluster, call.params.get("task", ""))
        if task is None:
            raise invalid("The referenced task was not found.")
        owner = self._places.state.instances[task.instance].instance_id
        if call.caller.managed_instance_id != owner:
            raise invalid("The referenced task is not on the caller's instance.")
        for one in call.params.get("containers", []):
            _note_container(task, one)
        status = call.params.get("status", "")
        if status in _ORDER and _ORDER.index(status) > _ORDER.index(task.last_status):
            _advance(task, status, call)
            self._count(task, cluster)
            self._places.state.recount(task.instance)
            self._agents.wake(task.instance)
        return {"acknowledgment": "OK"}

    def _count(self, task: Task, cluster: Cluster) -> None:
        """Count starts that failed: ECS slows a service down whose tasks keep failing."""
        service = self._places.service(cluster, task.service) if task.service else None
        if service is None:
            return
        if task.last_status == "RUNNING":
            service.failed_starts = 0
        elif task.stop_code == "TaskFailedToStart":
            service.failed_starts += 1


def _advance(task: Task, status: str, call: Call) -> None:
    task.version += 1
    if status == "STOPPED":
        if task.stop_code is None:
            failed = task.started is None
            task.stop_code = "TaskFailedToStart" if failed else "EssentialContainerExited"
            task.stopped_reason = call.params.get("reason") or "Essential container in task exited"
        task.desired = task.told = task.last_status = "STOPPED"
        task.stopped = call.now
    elif status == "RUNNING":
        task.last_status = "RUNNING"
        task.started = call.now


def _note_container(task: Task, said: dict[str, Any]) -> None:
    for one in task.containers:
        if one.name != said.get("containerName"):
            continue
        status = said.get("status", one.last_status)
        if status in _ORDER and _ORDER.index(status) >= _ORDER.index(one.last_status):
            one.last_status = status
        one.exit_code = said.get("exitCode", one.exit_code)
        one.reason = said.get("reason", one.reason)
        one.runtime_id = said.get("runtimeId", one.runtime_id)
        one.image_digest = said.get("imageDigest", one.image_digest)
        one.network_bindings = said.get("networkBindings", one.network_bindings)
