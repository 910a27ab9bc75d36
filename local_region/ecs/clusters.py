"""CreateCluster, DescribeClusters, ListClusters, DeleteCluster.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateCluster.html
"""

import re
from typing import Any, Final

from local_region.ecs.model import Cluster, ContainerInstance, DaemonService
from local_region.ecs.places import Places, invalid, tag_list, tags_of
from local_region.paging import TokenError, page
from local_region.wire.errors import AwsError
from local_region.wire.service import Call

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,255}")
_MOST: Final = 100
# They are of no use to external instances, and nothing here would honour them.
_UNSUPPORTED: Final = (
    "capacityProviders",
    "configuration",
    "defaultCapacityProviderStrategy",
    "serviceConnectDefaults",
)


class Clusters:
    """Makes, lists and deletes clusters."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._state = places.state

    def create(self, call: Call) -> dict[str, Any]:
        """Make a cluster; one that is there is answered as it is."""
        name = call.params.get("clusterName", "default")
        if not _NAME.fullmatch(name):
            raise invalid("Invalid cluster name: 255 letters, numbers, hyphens and underscores.")
        for member in _UNSUPPORTED:
            if call.params.get(member):
                raise invalid(f"{member} is not supported for external instances here.")
        known = self._state.clusters.get(name)
        if known is None or not known.active:
            known = self._state.clusters[name] = Cluster(
                name=name,
                arn=self._places.cluster_arn(name),
                tags=tags_of(call.params.get("tags", [])),
                settings=call.params.get("settings", []),
            )
        return {"cluster": self._told(known, {"TAGS", "SETTINGS"})}

    def describe(self, call: Call) -> dict[str, Any]:
        """Describe clusters, also those that were deleted."""
        include = set(call.params.get("include", []))
        told, failures = [], []
        for given in call.params.get("clusters") or ["default"]:
            name = self._places.cluster_name(given)
            known = self._state.clusters.get(name)
            if known is None:
                arn = given if given.startswith("arn:") else self._places.cluster_arn(name)
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                told.append(self._told(known, include))
        return {"clusters": told, "failures": failures}

    def listed(self, call: Call) -> dict[str, Any]:
        """List the active clusters' ARNs."""
        active = [
            (known.name, known.arn) for known in self._state.clusters.values() if known.active
        ]
        shown = listing("clusters", active, call)
        return {"clusterArns": shown[0], **shown[1]}

    def delete(self, call: Call) -> dict[str, Any]:
        """Make a cluster inactive; refused while it has container instances."""
        known = self._places.cluster(call.params["cluster"])
        if self._members(known):
            raise AwsError(
                "ClusterContainsContainerInstancesException",
                "The Cluster cannot be deleted while Container Instances are active or draining.",
            )
        if self._services(known):
            raise AwsError(
                "ClusterContainsServicesException",
                "The Cluster cannot be deleted while Services are active.",
            )
        known.active = False
        return {"cluster": self._told(known, set())}

    def _members(self, cluster: Cluster) -> list[ContainerInstance]:
        return [
            instance
            for instance in self._state.instances.values()
            if instance.cluster == cluster.name and instance.status != "INACTIVE"
        ]

    def _services(self, cluster: Cluster) -> list[DaemonService]:
        return [
            service
            for service in self._state.services.values()
            if service.cluster == cluster.name and service.status == "ACTIVE"
        ]

    def _told(self, cluster: Cluster, include: set[str]) -> dict[str, Any]:
        members = self._members(cluster)
        return {
            "clusterArn": cluster.arn,
            "clusterName": cluster.name,
            "status": "ACTIVE" if cluster.active else "INACTIVE",
            "registeredContainerInstancesCount": len(members),
            "runningTasksCount": sum(instance.running for instance in members),
            "pendingTasksCount": sum(instance.pending for instance in members),
            "activeServicesCount": len(self._services(cluster)),
            "statistics": [],
            "tags": tag_list(cluster.tags) if "TAGS" in include else [],
            "settings": cluster.settings if "SETTINGS" in include else [],
            "capacityProviders": [],
            "defaultCapacityProviderStrategy": [],
        }


def listing(
    name: str, items: list[tuple[str, Any]], call: Call, *, default: int = _MOST
) -> tuple[list[Any], dict[str, str]]:
    """Return a page of a list operation and its token's member; raises AwsError."""
    limit = call.params.get("maxResults", default)
    if not 1 <= limit <= _MOST:
        raise invalid("maxResults must be between 1 and 100.")
    try:
        shown = page(name, items, limit, call.params.get("nextToken"))
    except TokenError as error:
        raise invalid("Invalid token.") from error
    return shown.items, shown.next_token("nextToken")
