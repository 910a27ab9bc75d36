"""Describe, list, drain and deregister container instances.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeContainerInstances.html
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, Final

from local_region.ecs.clusters import listing
from local_region.ecs.model import ContainerInstance
from local_region.ecs.places import Places, invalid, tag_list
from local_region.ecs.ports import Agents
from local_region.ecs.query import QueryError, parsed
from local_region.wire.service import Call

_MOST_DESCRIBED: Final = 100
_MOST_UPDATED: Final = 10


class ContainerInstances:
    """What operators ask of container instances."""

    def __init__(self, places: Places, agents: Agents) -> None:
        self._places = places
        self._agents = agents

    def describe(self, call: Call) -> dict[str, Any]:
        """Describe up to 100, also those that were deregistered."""
        cluster = self._places.cluster(call.params.get("cluster"))
        asked = call.params["containerInstances"]
        if not asked:
            raise invalid("Container instances can not be empty.")
        if len(asked) > _MOST_DESCRIBED:
            raise invalid("instanceIds can have at most 100 items.")
        include = set(call.params.get("include", []))
        pairs = [(given, self._places.instance(cluster, given)) for given in asked]
        return {
            "containerInstances": [told_instance(known, include) for _, known in pairs if known],
            "failures": [
                self._places.missing(cluster, given) for given, known in pairs if not known
            ],
        }

    def listed(self, call: Call) -> dict[str, Any]:
        """List ARNs, by status and by an expression of the cluster query language."""
        cluster = self._places.cluster(call.params.get("cluster"))
        status = call.params.get("status")
        fits = _filter(call.params.get("filter"))
        found = [
            (instance.arn, instance.arn)
            for instance in self._places.state.instances.values()
            if instance.cluster == cluster.name
            and (instance.status == status if status else instance.status != "INACTIVE")
            and fits(instance)
        ]
        shown, token = listing("container instances", found, call)
        return {"containerInstanceArns": shown, **token}

    def update_state(self, call: Call) -> dict[str, Any]:
        """Drain instances, or let them be used again."""
        cluster = self._places.cluster(call.params.get("cluster"))
        status = call.params["status"]
        if status not in {"ACTIVE", "DRAINING"}:
            raise invalid("The status must be ACTIVE or DRAINING.")
        asked = call.params["containerInstances"]
        if not 1 <= len(asked) <= _MOST_UPDATED:
            raise invalid("Give 1 to 10 container instances in a call.")
        told, failures = [], []
        for given in asked:
            known = self._places.instance(cluster, given)
            if known is None:
                failures.append(self._places.missing(cluster, given))
            elif known.status == "INACTIVE":
                failures.append({"arn": known.arn, "reason": "INACTIVE"})
            else:
                known.status = status
                known.version += 1
                told.append(told_instance(known, set()))
        return {"containerInstances": told, "failures": failures}

    def deregister(self, call: Call) -> dict[str, Any]:
        """Make an instance inactive; with tasks on it only by force."""
        cluster = self._places.cluster(call.params.get("cluster"))
        known = self._places.instance(cluster, call.params["containerInstance"])
        if known is None or known.status == "INACTIVE":
            raise invalid("Referenced container instance not found.")
        tasks = self._places.state.tasks_on(known.arn)
        if tasks and not call.params.get("force", False):
            raise invalid("Found running tasks on the instance.")
        for task in tasks:
            # Nobody reports on them any more, though their containers may run on.
            task.desired = task.last_status = "STOPPED"
            task.stopped, task.stopped_reason = call.now, "Container instance deregistered."
        self._places.state.recount(known.arn)
        known.status = "INACTIVE"
        known.version += 1
        self._agents.wake(known.arn)
        return {"containerInstance": told_instance(known, set())}


def _filter(expression: str | None) -> Callable[[ContainerInstance], bool]:
    if not expression:
        return lambda _: True
    try:
        query = parsed(expression)
    except QueryError as error:
        raise invalid(f"Invalid filter: {error}") from error
    return lambda instance: query(lambda subject: fact_of(instance, subject))


def fact_of(instance: ContainerInstance, subject: str) -> str | None:
    """Return what a query's subject is for an instance, or None."""
    if subject.startswith("attribute:"):
        name = subject.removeprefix("attribute:")
        return (instance.attributes[name] or "") if name in instance.attributes else None
    facts = {
        "agentConnected": str(instance.connected).lower(),
        "agentVersion": instance.version_info.get("agentVersion"),
        "ec2InstanceId": instance.instance_id,
        "registeredAt": instance.registered.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "runningTasksCount": str(instance.running),
    }
    return facts[subject]


def told_instance(instance: ContainerInstance, include: AbstractSet[str]) -> dict[str, Any]:
    """Return an instance as ECS tells it; `include` is of DescribeContainerInstances."""
    told: dict[str, Any] = {
        "containerInstanceArn": instance.arn,
        "ec2InstanceId": instance.instance_id,
        "version": instance.version,
        "versionInfo": instance.version_info,
        "registeredResources": instance.resources,
        "remainingResources": [
            {**one, "integerValue": instance.remaining(one["name"])}
            if one["name"] in {"CPU", "MEMORY"}
            else one
            for one in instance.resources
        ],
        "status": instance.status,
        "agentConnected": instance.connected,
        "runningTasksCount": instance.running,
        "pendingTasksCount": instance.pending,
        "attributes": [
            {"name": name} if value is None else {"name": name, "value": value}
            for name, value in sorted(instance.attributes.items())
        ],
        "registeredAt": instance.registered,
        "attachments": [],
        "tags": tag_list(instance.tags) if "TAGS" in include else [],
    }
    if "CONTAINER_INSTANCE_HEALTH" in include:
        told["healthStatus"] = {
            "overallStatus": _overall(instance.health),
            "details": instance.health,
        }
    return told


def _overall(details: list[dict[str, Any]]) -> str:
    found = {one["status"] for one in details}
    if not found:
        return "INSUFFICIENT_DATA"
    return next((one for one in ("IMPAIRED", "INITIALIZING") if one in found), "OK")
