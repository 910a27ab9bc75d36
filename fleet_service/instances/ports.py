"""What AWS says of all hosts at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from fleet_service.kiosks.ports import AwsAwayError

__all__ = ["AwsAwayError", "HostSeen", "HostsAtAws", "Source"]

ECS = "ecs"
SSM = "ssm"


class Source(NamedTuple):
    """Somebody who is asked about hosts: ECS of one cluster, or Systems Manager of one region."""

    service: str
    """`ECS` or `SSM`."""
    region: str
    cluster: str = ""
    """Of ECS."""

    @property
    def name(self) -> str:
        """Return e.g. `ecs eu-central-1/kiosks` or `ssm eu-central-1`."""
        place = f"{self.region}/{self.cluster}" if self.cluster else self.region
        return f"{self.service} {place}"

    @property
    def words(self) -> str:
        """Return it as operators say it."""
        if self.service == SSM:
            return f"Systems Manager in {self.region}"
        return f"ECS in {self.region}, cluster {self.cluster}"


@dataclass(frozen=True, slots=True)
class HostSeen:
    """A host as a source has it."""

    instance_id: str
    status: str
    """Of ECS e.g. `ACTIVE`, of Systems Manager its ping status, e.g. `Online`."""
    connected: bool = False
    """Whether its ECS agent is."""
    release: str = ""
    """The attribute `kiosk.release`."""
    kiosk_name: str = ""
    """The attribute `kiosk.name`: which kiosk its host was enrolled as."""
    agent_version: str = ""
    """Of the ECS agent or the SSM agent."""
    told_at: datetime | None = None
    """When its agent last pinged Systems Manager, or registered with ECS."""
    arn: str = ""
    """Of its container instance."""
    version: int = 0
    """ECS's own, which grows with every change; 0: it has none."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Of what something was written, or removed."""

    kiosk_ids: frozenset[str] = frozenset()
    venue_ids: frozenset[str] = frozenset()
    host_ids: frozenset[str] = frozenset()


class Changes(Protocol):
    """Knows what was written since, so that not everything has to be read again."""

    async def since(self, position: str) -> Changed | None:
        """Return what changed since a stream's position; None: everything may have.

        Told to one caller, who reads all of it, or else everything. Raises StoreError.
        """
        ...


class HostsAtAws(Protocol):
    """All hosts that the sources have."""

    @property
    def sources(self) -> Sequence[Source]:
        """Who can be asked."""
        ...

    async def hosts(self, source: Source) -> Mapping[str, HostSeen]:
        """Return all hosts that a source has, by their ids; of each the newest entry.

        All or nothing, and within the rates that AWS allows, so it may take minutes. Raises
        AwsAwayError, whose text says which call failed and why.
        """
        ...
