"""Task definitions, as far as external instances run them.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
What EXTERNAL does not support is refused here already:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere.html
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from local_region.ecs.clusters import listing
from local_region.ecs.model import EcsState, TaskDefinition
from local_region.ecs.places import Places, invalid, tag_list, tags_of
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

_FAMILY: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
_NETWORK_MODES: Final = ("bridge", "host", "none")
_UNSUPPORTED: Final = (
    "ephemeralStorage",
    "inferenceAccelerators",
    "proxyConfiguration",
    "trustedExecutionConfiguration",
)
_RESTART_PERIOD_S: Final = range(60, 1801)
_MOST_IGNORED_CODES: Final = 50
_VOLUMES: Final = frozenset({"name", "host"})


class TaskDefinitions:
    """Registers, describes, lists and deregisters revisions."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._state: EcsState = places.state

    def register(self, call: Call) -> dict[str, Any]:
        """Make the family's next revision."""
        params = dict(call.params)
        tags = tags_of(params.pop("tags", []))
        _check(params)
        family = params["family"]
        revisions = [
            one.revision for one in self._state.definitions.values() if one.family == family
        ]
        revision = max(revisions, default=0) + 1
        arn = self._places.definition_arn(family, revision)
        containers = [_with_defaults(one) for one in params["containerDefinitions"]]
        made = self._state.definitions[arn] = TaskDefinition(
            arn=arn,
            family=family,
            revision=revision,
            registered=call.now,
            cpu=_total(params, containers, "cpu"),
            memory=_total(params, containers, "memory"),
            given={**params, "containerDefinitions": containers},
            tags=tags,
        )
        return {"taskDefinition": told_definition(made, call), "tags": tag_list(tags)}

    def describe(self, call: Call) -> dict[str, Any]:
        """Describe one, by ARN, family and revision, or family for its newest active one."""
        found = self._places.definition(call.params["taskDefinition"])
        tags = tag_list(found.tags) if "TAGS" in call.params.get("include", []) else []
        return {"taskDefinition": told_definition(found, call), "tags": tags}

    def listed(self, call: Call) -> dict[str, Any]:
        """List ARNs by family and revision; DESC turns the whole list round, not a page."""
        family, status = call.params.get("familyPrefix"), call.params.get("status", "ACTIVE")
        chosen = sorted(
            (
                one
                for one in self._state.definitions.values()
                if family in (None, one.family) and _status(one) == status
            ),
            key=lambda one: (one.family, one.revision),
            reverse=call.params.get("sort") == "DESC",
        )
        named = [(f"{number:08}", one.arn) for number, one in enumerate(chosen)]
        shown, token = listing("task definitions", named, call)
        return {"taskDefinitionArns": shown, **token}

    def deregister(self, call: Call) -> dict[str, Any]:
        """Make a revision inactive: what runs goes on, nothing new begins with it."""
        given = call.params["taskDefinition"]
        if ":" not in given:
            raise invalid("Name the revision.")
        found = self._places.definition(given)
        found.deregistered = found.deregistered or call.now
        return {"taskDefinition": told_definition(found, call)}


def told_definition(definition: TaskDefinition, call: Call) -> dict[str, Any]:
    """Return a task definition as ECS tells it."""
    told = {
        **definition.given,
        "taskDefinitionArn": definition.arn,
        "revision": definition.revision,
        "status": _status(definition),
        "requiresAttributes": [],
        "compatibilities": ["EXTERNAL", "EC2"],
        "registeredAt": definition.registered,
        "registeredBy": call.caller.arn,
        "volumes": definition.given.get("volumes", []),
        "placementConstraints": definition.given.get("placementConstraints", []),
    }
    if definition.deregistered is not None:
        told["deregisteredAt"] = definition.deregistered
    return told


def _status(definition: TaskDefinition) -> str:
    return "ACTIVE" if definition.deregistered is None else "INACTIVE"


def _check(params: Mapping[str, Any]) -> None:
    if not _FAMILY.fullmatch(params["family"]):
        raise _client_error("Family contains invalid characters or is too long.")
    if params.get("networkMode", "bridge") not in _NETWORK_MODES:
        raise _client_error("Network mode awsvpc is not supported for external instances.")
    if set(params.get("requiresCompatibilities", [])) - {"EXTERNAL", "EC2"}:
        raise _client_error("local_region runs tasks on external instances alone.")
    for member in _UNSUPPORTED:
        if params.get(member):
            raise _client_error(f"{member} is not supported for external instances.")
    for volume in params.get("volumes", []):
        if set(volume) - _VOLUMES:
            raise _client_error("Volumes of external instances are host paths here.")
    _check_containers(params)


def _check_containers(params: Mapping[str, Any]) -> None:
    containers = params["containerDefinitions"]
    names = [one.get("name") for one in containers]
    if not containers or None in names or len(set(names)) != len(names):
        raise _client_error("Give one container or more, each with a name of its own.")
    for one in containers:
        _check_container(one, params)
    if not any(one.get("essential", True) for one in containers):
        raise _client_error("At least one container must be essential.")


def _check_container(one: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    if not one.get("image"):
        raise _client_error(f"Container {one['name']} has no image.")
    if not any(("memory" in one, "memoryReservation" in one, "memory" in params)):
        raise _client_error(
            f"Invalid setting for container '{one['name']}'. At least one of 'memory' or "
            "'memoryReservation' must be specified."
        )
    volumes = {volume.get("name") for volume in params.get("volumes", [])}
    for mount in one.get("mountPoints", []):
        if mount.get("sourceVolume") not in volumes:
            raise _client_error(f"Unknown volume '{mount.get('sourceVolume')}'.")
    _check_restarts(one)


def _check_restarts(one: Mapping[str, Any]) -> None:
    """Keep to the limits of API_ContainerRestartPolicy."""
    policy = one.get("restartPolicy", {})
    if policy.get("restartAttemptPeriod", 300) not in _RESTART_PERIOD_S:
        raise _client_error(
            f"Invalid restartAttemptPeriod for container '{one['name']}': 60 to 1800 seconds."
        )
    if len(policy.get("ignoredExitCodes", [])) > _MOST_IGNORED_CODES:
        raise _client_error(f"Too many ignoredExitCodes for container '{one['name']}': 50 at most.")


def _with_defaults(one: Mapping[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "cpu": 0,
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "portMappings": [],
        "volumesFrom": [],
        "systemControls": [],
    }
    return {**empty, **one}


def _total(params: Mapping[str, Any], containers: list[dict[str, Any]], name: str) -> int:
    """Return what a task takes of an instance: its own figure, or its containers' together."""
    if name in params:
        try:
            return int(params[name])
        except ValueError as error:
            raise _client_error(f"Invalid '{name}' setting for task.") from error
    if name == "memory":
        # What is reserved counts, where that is told apart from the limit.
        return sum(one.get("memoryReservation", one.get("memory", 0)) for one in containers)
    return sum(one.get(name, 0) for one in containers)


def _client_error(text: str) -> AwsError:
    return AwsError("ClientException", text)
