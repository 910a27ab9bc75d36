"""How much of ECS's quota of a cluster is used.

https://docs.aws.amazon.com/general/latest/gr/ecs-service.html
"""

from collections.abc import Iterator
from typing import Any, Final

from operator_cli.refusing import RefusedError
from provisioning.aws import refusals

MOST_INSTANCES: Final = 5000
"""Container instances of a cluster."""
_NEARLY: Final = 0.9


def cluster_warnings(ecs: Any, cluster: str, more: int) -> Iterator[str]:
    """Yield a warning where `more` hosts would nearly or quite fill a cluster, or can't join it.

    An operator who may not ask ECS makes activations all the same: it is a warning, too.
    """
    try:
        with refusals():
            found = ecs.describe_clusters(clusters=[cluster])["clusters"]
    except RefusedError as error:
        yield f"how full the cluster {cluster} is can't be seen: {error}"
        return
    if not found:
        yield f"ECS has no cluster {cluster} in this region and account: no host can join it."
        return
    there = found[0]["registeredContainerInstancesCount"]
    if there + more > MOST_INSTANCES:
        yield (
            f"{there} container instances in the cluster {cluster} and {more} more are above the "
            f"{MOST_INSTANCES} that ECS lets one have: the last will not register. Take another "
            "cluster, or deregister what is gone."
        )
    elif there + more > MOST_INSTANCES * _NEARLY:
        yield (
            f"{there} of the {MOST_INSTANCES} container instances of the cluster {cluster} are in "
            "use."
        )
