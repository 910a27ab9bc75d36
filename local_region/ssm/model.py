"""Activations and managed instances, as SSM keeps them. Pure."""

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, Field

from local_region.wire.errors import AwsError

DEFAULT_EXPIRY: Final = timedelta(hours=24)
LONGEST_EXPIRY: Final = timedelta(days=30)
STANDARD_TIER_NODES: Final = 1000
"""Hybrid nodes per account and region in the standard tier:
https://docs.aws.amazon.com/general/latest/gr/ssm.html"""

ACTIVATION_TIER: Final = "/ssm/managed-instance/activation-tier"

CONNECTION_LOST_AFTER: Final = timedelta(minutes=5)
"""The agent pings every five minutes (`amazon-ssm-agent`, `agent/health/healthcheck.go`)."""


class Activation(BaseModel):
    """Leave to register some instances until a time. The code itself is not kept."""

    activation_id: str
    code_sha256: str
    role: str
    limit: int
    created: datetime
    expires: datetime
    registered: int = 0
    description: str | None = None
    instance_name: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)

    def expired(self, now: datetime) -> bool:
        """Say whether it is too late to register."""
        return now >= self.expires

    def used_up(self) -> bool:
        """Say whether no registration is left."""
        return self.registered >= self.limit

    def opens_with(self, code: str) -> bool:
        """Say whether it is this activation's code."""
        return hmac.compare_digest(code_hash(code), self.code_sha256)


class ManagedInstance(BaseModel):
    """A registered host. What its agent reports is None until its first ping."""

    instance_id: str
    activation_id: str
    role: str
    registered: datetime
    public_key: str
    fingerprint: str
    name: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    last_ping: datetime | None = None
    agent_version: str | None = None
    platform_type: str | None = None
    platform_name: str | None = None
    platform_version: str | None = None
    ip_address: str | None = None
    computer_name: str | None = None
    simulated: bool = False
    """No agent of it comes: it counts as online, for fleets too large to run one for each."""

    def pinged_at(self, now: datetime) -> datetime | None:
        """Return when its agent last pinged, or None."""
        return now if self.simulated else self.last_ping

    def ping_status(self, now: datetime) -> str:
        """Return Online or ConnectionLost; the latter also before the first ping."""
        pinged = self.pinged_at(now)
        online = pinged is not None and now - pinged <= CONNECTION_LOST_AFTER
        return "Online" if online else "ConnectionLost"


class Setting(BaseModel):
    """A service setting that somebody changed."""

    value: str
    at: datetime
    by: str


class Document(BaseModel):
    """A document of the account's own, in its newest version."""

    name: str
    content: str
    version: int
    created: datetime


class Invocation(BaseModel):
    """A command at one instance."""

    command_id: str
    instance_id: str
    document: str
    parameters: dict[str, list[str]]
    deliver_until: datetime
    status: str = "Pending"
    output: str = ""
    code: int = -1


class SsmState(BaseModel):
    """Everything that SSM keeps, by id."""

    activations: dict[str, Activation] = Field(default_factory=dict)
    instances: dict[str, ManagedInstance] = Field(default_factory=dict)
    settings: dict[str, Setting] = Field(default_factory=dict)
    documents: dict[str, Document] = Field(default_factory=dict)
    invocations: dict[str, Invocation] = Field(default_factory=dict)
    """By the command's and the instance's id."""

    def full(self) -> bool:
        """Say whether the account has no room for another node in this region."""
        tier = self.settings.get(ACTIVATION_TIER)
        standard = tier is None or tier.value == "standard"
        return standard and len(self.instances) >= STANDARD_TIER_NODES


def code_hash(code: str) -> str:
    """Return what is kept of an activation code."""
    return hashlib.sha256(code.encode()).hexdigest()


def tags_of(pairs: list[dict[str, str]]) -> dict[str, str]:
    """Return tags as AWS's lists of Key and Value give them; the last of a key counts."""
    return {pair["Key"]: pair["Value"] for pair in pairs}


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return tags as AWS lists them."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def unknown_instance(instance_id: str) -> AwsError:
    """Return the error for an `mi-` id that is not registered, in AWS's own words."""
    return AwsError("InvalidInstanceId", f"Not existing InstanceId {instance_id}")
