"""Tasks as the agent knows and saves them. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from local_region.ecs_agent.domain.messages import ContainerTold, TaskTold


class Status(StrEnum):
    """The agent's own statuses; PULLED and CREATED are PENDING to ECS."""

    NONE = "NONE"
    PULLED = "PULLED"
    CREATED = "CREATED"
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"

    @property
    def rank(self) -> int:
        """Return how far it is: a status only goes up."""
        return list(Status).index(self)


class Container(BaseModel):
    """One container. `endpoint` is the id by which it would ask for its metadata."""

    told: ContainerTold
    docker_name: str
    endpoint: str
    docker_id: str | None = None
    status: Status = Status.NONE
    exit_code: int | None = None
    reason: str | None = None
    image_id: str = ""
    image_digest: str | None = None
    created: datetime | None = None
    started: datetime | None = None
    restarts: int = 0
    restarted: datetime | None = None
    health: str | None = None
    health_since: datetime | None = None
    bindings: list[dict[str, Any]] = Field(default_factory=list)
    volumes: list[dict[str, str]] = Field(default_factory=list)


class Task(BaseModel):
    """One task. `sent` is the last status that ECS acknowledged; `ended` is when it stopped."""

    arn: str
    family: str
    version: str
    cluster: str = ""
    told: TaskTold | None = None
    containers: list[Container] = Field(default_factory=list)
    desired: Status = Status.RUNNING
    sent: Status = Status.NONE
    reason: str = ""
    pull_started: datetime | None = None
    pull_stopped: datetime | None = None
    execution_stopped: datetime | None = None
    ended: datetime | None = None
    unreadable: bool = False

    @property
    def status(self) -> Status:
        """Return how far the least of its containers is."""
        if self.unreadable or not self.containers:
            return Status.STOPPED
        return min((one.status for one in self.containers), key=lambda one: one.rank)

    @property
    def essential_ended(self) -> Container | None:
        """Return an essential container that has stopped, or None."""
        return next(
            (one for one in self.containers if one.told.essential and one.status is Status.STOPPED),
            None,
        )


class Saved(BaseModel):
    """All that survives a restart of the agent."""

    cluster: str = ""
    token: str | None = None
    arn: str | None = None
    sequence: int = 0
    tasks: dict[str, Task] = Field(default_factory=dict)


def backend_status(status: Status) -> str:
    """Return a status in ECS's words."""
    return status.value if status in {Status.RUNNING, Status.STOPPED} else "PENDING"


def refused_task(raw: dict[str, Any], reason: str) -> Task:
    """Return a task that the agent can't read: all it does with it is to say so."""
    return Task(
        arn=str(raw["arn"]),
        family=str(raw.get("family", "")),
        version=str(raw.get("version", "")),
        cluster=str(raw.get("taskClusterArn", "")),
        desired=Status.STOPPED,
        reason=f"UnrecognizedTaskError: Error loading task - {reason}",
        unreadable=True,
    )
