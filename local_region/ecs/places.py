"""Names and ARNs of clusters and container instances, as callers give them."""

from dataclasses import dataclass
from typing import Any

from local_region.ecs.model import (
    Cluster,
    ContainerInstance,
    DaemonService,
    EcsState,
    Task,
    TaskDefinition,
)
from local_region.wire.errors import AwsError


@dataclass(frozen=True, slots=True)
class Places:
    """Finds what a caller means in this account and region."""

    state: EcsState
    account: str
    region: str

    def cluster_arn(self, name: str) -> str:
        """Return a cluster's ARN."""
        return f"{self._prefix}:cluster/{name}"

    def instance_arn(self, cluster: str, hex_id: str) -> str:
        """Return a container instance's ARN, in the long form."""
        return f"{self._prefix}:container-instance/{cluster}/{hex_id}"

    def cluster_name(self, given: str) -> str:
        """Return the name in a name or ARN; an ARN of elsewhere stays as it is, and is unknown."""
        return given.removeprefix(f"{self._prefix}:cluster/")

    def cluster(self, given: str | None) -> Cluster:
        """Return an active cluster, `default` if none is named; raises AwsError."""
        found = self.state.clusters.get(self.cluster_name(given or "default"))
        if found is None:
            raise AwsError("ClusterNotFoundException", "Cluster not found.")
        if not found.active:
            raise AwsError("ClusterNotFoundException", "The referenced cluster was inactive.")
        return found

    def instance(self, cluster: Cluster, given: str) -> ContainerInstance | None:
        """Return a container instance of a cluster by ARN or id, or None."""
        arn = given if given.startswith("arn:") else self.instance_arn(cluster.name, given)
        found = self.state.instances.get(arn)
        return found if found is not None and found.cluster == cluster.name else None

    def definition_arn(self, family: str, revision: int) -> str:
        """Return a task definition's ARN."""
        return f"{self._prefix}:task-definition/{family}:{revision}"

    def definition(self, given: str) -> TaskDefinition:
        """Return a task definition by ARN, `family:revision` or family; raises AwsError."""
        name = given.removeprefix(f"{self._prefix}:task-definition/")
        known = self.state.definitions
        if ":" in name:
            found = known.get(f"{self._prefix}:task-definition/{name}")
        else:
            active = [one for one in known.values() if one.family == name and not one.deregistered]
            found = max(active, key=lambda one: one.revision, default=None)
        if found is None:
            raise AwsError("ClientException", "Unable to describe task definition.")
        return found

    def task_arn(self, cluster: str, given: str) -> str:
        """Return a task's ARN, in the long form, for an id or an ARN."""
        return given if given.startswith("arn:") else f"{self._prefix}:task/{cluster}/{given}"

    def task(self, cluster: Cluster, given: str) -> Task | None:
        """Return a task of a cluster by ARN or id, or None."""
        found = self.state.tasks.get(self.task_arn(cluster.name, given))
        return found if found is not None and found.cluster == cluster.name else None

    def service_arn(self, cluster: str, given: str) -> str:
        """Return a service's ARN, in the long form, for a name or an ARN."""
        return given if given.startswith("arn:") else f"{self._prefix}:service/{cluster}/{given}"

    def service(self, cluster: Cluster, given: str) -> DaemonService | None:
        """Return a service of a cluster by ARN or name, or None."""
        return self.state.services.get(self.service_arn(cluster.name, given))

    def container_prefix(self, cluster: str, task_id: str) -> str:
        """Return what the ARNs of a task's containers begin with."""
        return f"{self._prefix}:container/{cluster}/{task_id}"

    def missing(self, cluster: Cluster, given: str) -> dict[str, str]:
        """Return how a describe call tells that something is not there."""
        arn = given if given.startswith("arn:") else self.instance_arn(cluster.name, given)
        return {"arn": arn, "reason": "MISSING"}

    @property
    def _prefix(self) -> str:
        return f"arn:aws:ecs:{self.region}:{self.account}"


def invalid(text: str) -> AwsError:
    """Return ECS's error for a parameter that it can't take."""
    return AwsError("InvalidParameterException", text)


def tags_of(pairs: list[dict[str, str]]) -> dict[str, str]:
    """Return tags as ECS's lists of key and value give them."""
    return {pair["key"]: pair.get("value", "") for pair in pairs if "key" in pair}


def tag_list(tags: dict[str, str]) -> list[dict[str, Any]]:
    """Return tags as ECS lists them."""
    return [{"key": key, "value": value} for key, value in sorted(tags.items())]
