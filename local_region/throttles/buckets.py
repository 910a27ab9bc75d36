"""Token buckets: a burst at once, then a sustained rate, per account and region.

The groups and figures are those of
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from local_region.clock import Clock


@dataclass(frozen=True, slots=True)
class Group:
    """Operations of one service that share a bucket."""

    name: str
    service: str
    operations: frozenset[str]
    burst: float
    per_second: float


GROUPS: Final = (
    Group(
        "ecs cluster resource read",
        "ecs",
        frozenset(
            {
                "DescribeContainerInstances",
                "DescribeTasks",
                "ListAttributes",
                "ListContainerInstances",
                "ListTasks",
            }
        ),
        burst=100,
        per_second=20,
    ),
    Group(
        "ecs cluster resource modify",
        "ecs",
        frozenset(
            {
                "DeleteAttributes",
                "DeregisterContainerInstance",
                "PutAttributes",
                "RunTask",
                "StartTask",
                "StopTask",
                "UpdateContainerInstancesState",
            }
        ),
        burst=100,
        per_second=40,
    ),
    Group(
        "ecs service modify",
        "ecs",
        frozenset({"CreateService", "DeleteService", "UpdateService"}),
        burst=50,
        per_second=5,
    ),
    Group(
        "ecs task definition register",
        "ecs",
        frozenset({"RegisterTaskDefinition"}),
        burst=20,
        per_second=1,
    ),
)
STS_PER_SECOND: Final = 600.0
"""GetCallerIdentity, by account and region. AWS publishes no figure; this one is from practice."""


def groups_with_sts(per_second: float) -> tuple[Group, ...]:
    """Return all groups, with so many proofs of identity a second, and as many at once."""
    asked = frozenset({"GetCallerIdentity"})
    return (*GROUPS, Group("sts caller identity", "sts", asked, per_second, per_second))


class Throttles:
    """The level of each bucket."""

    def __init__(self, clock: Clock, groups: tuple[Group, ...] = GROUPS) -> None:
        self._clock = clock
        self._group_of: Mapping[tuple[str, str], Group] = {
            (group.service, operation): group for group in groups for operation in group.operations
        }
        self._levels: dict[str, tuple[float, float]] = {}

    def admits(self, service: str, operation: str) -> bool:
        """Take a token for one call; False if the bucket is empty."""
        group = self._group_of.get((service, operation))
        if group is None:
            return True
        now = self._clock.monotonic()
        level, since = self._levels.get(group.name, (group.burst, now))
        level = min(group.burst, level + (now - since) * group.per_second)
        admitted = level >= 1
        self._levels[group.name] = (level - 1 if admitted else level, now)
        return admitted
