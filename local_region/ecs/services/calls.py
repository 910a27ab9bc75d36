"""CreateService, UpdateService, DeleteService, DescribeServices, ListServices.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from local_region.ecs.clusters import listing
from local_region.ecs.model import DaemonService, EcsState, Task
from local_region.ecs.places import Places, invalid, tag_list, tags_of
from local_region.ecs.query import QueryError, parsed
from local_region.ids import Ids
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MOST_DESCRIBED: Final = 10
# ECS Anywhere has none of these; the last three are of no use to a daemon.
_UNSUPPORTED: Final = (
    "capacityProviderStrategy",
    "enableExecuteCommand",
    "gatewayConnectors",
    "healthCheckGracePeriodSeconds",
    "loadBalancers",
    "monitoring",
    "networkConfiguration",
    "platformVersion",
    "role",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
    "availabilityZoneRebalancing",
    "desiredCount",
    "placementStrategy",
)


class ServiceCalls:
    """Makes, changes and tells of services."""

    def __init__(self, places: Places, ids: Ids) -> None:
        self._places = places
        self._state: EcsState = places.state
        self._ids = ids

    def create(self, call: Call) -> dict[str, Any]:
        """Make a service, once for each client token."""
        cluster = self._places.cluster(call.params.get("cluster"))
        params = call.params
        _check_kind(params)
        name = params["serviceName"]
        known = self._places.service(cluster, name)
        if known is not None and known.status != "INACTIVE":
            if params.get("clientToken") and params["clientToken"] == known.client_token:
                return {"service": told_service(known, self._state, tags=True)}
            raise invalid("Creation of service was not idempotent.")
        if "taskDefinition" not in params:
            raise invalid("TaskDefinition can not be blank.")
        arn = self._places.service_arn(cluster.name, name)
        made = self._state.services[arn] = DaemonService(
            name=name,
            arn=arn,
            cluster=cluster.name,
            definition=self._definition(params["taskDefinition"]),
            constraints=_constraints(params),
            created=call.now,
            deployment=self._deployment(),
            deployed=call.now,
            configuration=params.get("deploymentConfiguration", {}),
            tags=tags_of(params.get("tags", [])),
            client_token=params.get("clientToken"),
            created_by=call.caller.arn,
        )
        return {"service": told_service(made, self._state, tags=True)}

    def update(self, call: Call) -> dict[str, Any]:
        """Change a service; another task definition, or force, is another deployment."""
        params = call.params
        service = self._active(call)
        for member in _UNSUPPORTED:
            if params.get(member):
                raise invalid(f"{member} is not supported for daemons on external instances here.")
        definition = service.definition
        if "taskDefinition" in params:
            definition = self._definition(params["taskDefinition"])
        if "placementConstraints" in params:
            service.constraints = _constraints(params)
        if params.get("forceNewDeployment"):
            raise invalid("local_region replaces tasks by another task definition alone.")
        if definition != service.definition:
            service.definition, service.deployment = definition, self._deployment()
            service.deployed, service.failed_starts = call.now, 0
        return {"service": told_service(service, self._state)}

    def delete(self, call: Call) -> dict[str, Any]:
        """Stop a service and its tasks; by force while it has any."""
        service = self._active(call)
        if self._state.tasks_of(service) and not call.params.get("force", False):
            raise invalid("The service cannot be stopped while it is scaled above 0.")
        service.status = "DRAINING"
        return {"service": told_service(service, self._state)}

    def describe(self, call: Call) -> dict[str, Any]:
        """Describe up to 10."""
        cluster = self._places.cluster(call.params.get("cluster"))
        asked = call.params["services"]
        if not 1 <= len(asked) <= _MOST_DESCRIBED:
            raise invalid("Give 1 to 10 services in a call.")
        tags = "TAGS" in call.params.get("include", [])
        pairs = [(given, self._places.service(cluster, given)) for given in asked]
        return {
            "services": [told_service(one, self._state, tags=tags) for _, one in pairs if one],
            "failures": [
                {"arn": self._places.service_arn(cluster.name, given), "reason": "MISSING"}
                for given, one in pairs
                if not one
            ],
        }

    def listed(self, call: Call) -> dict[str, Any]:
        """List the ARNs of services that are not inactive."""
        cluster = self._places.cluster(call.params.get("cluster"))
        fits = call.params.get("launchType") in (None, "EXTERNAL")
        fits = fits and call.params.get("schedulingStrategy") in (None, "DAEMON")
        found = [
            (one.arn, one.arn)
            for one in self._state.services.values()
            if fits and one.cluster == cluster.name and one.status != "INACTIVE"
        ]
        shown, token = listing("services", found, call, default=10)
        return {"serviceArns": shown, **token}

    def _active(self, call: Call) -> DaemonService:
        cluster = self._places.cluster(call.params.get("cluster"))
        service = self._places.service(cluster, call.params["service"])
        if service is None:
            raise AwsError("ServiceNotFoundException", "Service not found.")
        if service.status != "ACTIVE":
            # DeleteService knows no code for "not active".
            raise AwsError("ServiceNotFoundException", "Service is not active.")
        return service

    def _definition(self, given: str) -> str:
        definition = self._places.definition(given)
        if definition.deregistered is not None:
            raise AwsError("ClientException", "TaskDefinition is inactive.")
        return definition.arn

    def _deployment(self) -> str:
        return f"ecs-svc/{int(self._ids.hex32()[:15], 16):019}"


def _check_kind(params: Mapping[str, Any]) -> None:
    if not _NAME.fullmatch(params["serviceName"]):
        raise invalid("Invalid service name: 255 letters, numbers, hyphens and underscores.")
    if params.get("launchType") != "EXTERNAL":
        raise invalid("local_region runs services of launch type EXTERNAL alone.")
    if params.get("schedulingStrategy") != "DAEMON":
        raise invalid("local_region schedules by the strategy DAEMON alone.")
    if params.get("deploymentController", {}).get("type", "ECS") != "ECS":
        # As AWS: DAEMON goes with no other deployment controller.
        raise invalid("The DAEMON scheduling strategy is for the deployment controller ECS alone.")
    for member in _UNSUPPORTED:
        if params.get(member):
            raise invalid(f"{member} is not supported for daemons on external instances.")


def _constraints(params: Mapping[str, Any]) -> list[str]:
    expressions = []
    for one in params.get("placementConstraints", []):
        if one.get("type") != "memberOf":
            raise invalid("A daemon's placement constraints are of the type memberOf.")
        try:
            parsed(one.get("expression", ""))
        except QueryError as error:
            raise invalid(f"Invalid expression: {error}") from error
        expressions.append(one["expression"])
    return expressions


def told_service(service: DaemonService, state: EcsState, *, tags: bool = False) -> dict[str, Any]:
    """Return a service as ECS tells it."""
    tasks = state.tasks_of(service)
    running = sum(task.last_status == "RUNNING" for task in tasks)
    return {
        "serviceArn": service.arn,
        "serviceName": service.name,
        "clusterArn": state.clusters[service.cluster].arn,
        "status": service.status,
        "desiredCount": service.wanted,
        "runningCount": running,
        "pendingCount": len(tasks) - running,
        "launchType": "EXTERNAL",
        "schedulingStrategy": "DAEMON",
        "taskDefinition": service.definition,
        "deploymentController": {"type": "ECS"},
        "deploymentConfiguration": {
            "maximumPercent": 100,
            "minimumHealthyPercent": 0,
            **service.configuration,
        },
        "deployments": [_told_deployment(service, tasks)],
        "events": [
            {"id": one.event_id, "createdAt": one.at, "message": one.message}
            for one in reversed(service.events)
        ],
        "placementConstraints": [
            {"type": "memberOf", "expression": one} for one in service.constraints
        ],
        "createdAt": service.created,
        "createdBy": service.created_by,
        "tags": tag_list(service.tags) if tags else [],
        **{name: [] for name in ("placementStrategy", "loadBalancers", "serviceRegistries")},
    }


def _told_deployment(service: DaemonService, tasks: list[Task]) -> dict[str, Any]:
    current = [task for task in tasks if task.definition == service.definition]
    running = sum(task.last_status == "RUNNING" for task in current)
    settled = len(tasks) == service.wanted == running
    return {
        "id": service.deployment,
        "status": "PRIMARY",
        "taskDefinition": service.definition,
        "desiredCount": service.wanted,
        "runningCount": running,
        "pendingCount": len(current) - running,
        "failedTasks": service.failed_starts,
        "createdAt": service.deployed,
        "updatedAt": service.deployed,
        "launchType": "EXTERNAL",
        "rolloutState": "COMPLETED" if settled else "IN_PROGRESS",
    }
