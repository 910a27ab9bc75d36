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
    ping: str = ""
    """SSM's word for its agent, e.g. `Online`; empty where it does not know the instance."""
    cluster: str = ""
    """The kiosks' cluster, which was looked into."""
    status: str = ""
    """Of its container instance, e.g. `ACTIVE`."""
    connected: bool = False
    """Whether the agent of its container instance is connected to ECS."""


class AwsAwayError(Exception):
    """AWS does not answer, not now or not to us; the text says which call and why."""


class AnswerLostError(AwsAwayError):
    """What was asked for may have been done, and may be yet: nobody knows."""


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
