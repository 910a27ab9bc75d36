"""Clusters and container instances, as ECS keeps them. Pure."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

MOST_CUSTOM_ATTRIBUTES: Final = 10
"""Custom attributes of one resource (AttributeLimitExceededException in the API reference)."""

AGENT_PREFIXES: Final = ("ecs.", "com.amazonaws.")
"""Attributes under these names are the agent's, not custom ones."""


class Cluster(BaseModel):
    """A cluster."""

    name: str
    arn: str
    tags: dict[str, str] = Field(default_factory=dict)
    settings: list[dict[str, str]] = Field(default_factory=list)
    active: bool = True


class ContainerInstance(BaseModel):
    """An external instance in a cluster. `version` goes up with every change, as AWS's does."""

    arn: str
    cluster: str
    instance_id: str
    status: Literal["ACTIVE", "DRAINING", "INACTIVE"] = "ACTIVE"
    version: int = 1
    registered: datetime
    attributes: dict[str, str | None] = Field(default_factory=dict)
    resources: list[dict[str, Any]] = Field(default_factory=list)
    version_info: dict[str, str] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    client_token: str | None = None
    connected: bool = False
    running: int = 0
    pending: int = 0

    @property
    def custom_attributes(self) -> dict[str, str | None]:
        """Return the attributes that are not the agent's own."""
        return {
            name: value
            for name, value in self.attributes.items()
            if not name.startswith(AGENT_PREFIXES)
        }


class EcsState(BaseModel):
    """Everything that ECS keeps: clusters by name, container instances by ARN."""

    clusters: dict[str, Cluster] = Field(default_factory=dict)
    instances: dict[str, ContainerInstance] = Field(default_factory=dict)
