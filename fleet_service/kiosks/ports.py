"""What AWS knows of managed instances."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class InstanceEvidence:
    """What AWS says of one managed instance."""

    instance_id: str
    region: str
    activation_id: str | None
    """With which activation it registered; None: Systems Manager does not know it (yet)."""
    attributes: Mapping[str, str] | None
    """Of its container instance; None: ECS has none in our cluster (yet)."""


class AwsAwayError(Exception):
    """AWS does not answer, not now or not to us; the text says which call and why."""


class ManagedInstances(Protocol):
    """Managed instances, as Systems Manager and ECS have them."""

    async def look(self, instance_id: str) -> InstanceEvidence:
        """Return what is known of an instance now; raises AwsAwayError in bounded time."""
        ...

    async def put_attribute(self, instance_id: str, region: str, name: str, value: str) -> None:
        """Set an attribute of the instance's container instance. Idempotent.

        Raises AwsAwayError, also if ECS has no such container instance.
        """
        ...
