"""Clusters and container instances, as ECS keeps them. Pure."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

MOST_CUSTOM_ATTRIBUTES: Final = 10
"""Custom attributes of one resource (AttributeLimitExceededException in the API reference)."""

AGENT_PREFIXES: Final = ("ecs.", "com.amazonaws.")
"""Attributes under these names are the agent's, not custom ones."""


STOPPED_SHOWN_FOR: Final = timedelta(hours=1)
"""How long DescribeTasks tells of a stopped task (API reference of DescribeTasks)."""


Health = Literal["HEALTHY", "UNHEALTHY", "UNKNOWN"]


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
    simulated: bool = False
    """No agent of it comes: it counts as connected, for fleets too large to run one for each."""
    sequence: int = 0
    health: list[dict[str, Any]] = Field(default_factory=list)
    running: int = 0
    pending: int = 0
    cpu_taken: int = 0
    memory_taken: int = 0

    def remaining(self, name: str) -> int:
        """Return what tasks have left of CPU or MEMORY."""
        figures = (one.get("integerValue", 0) for one in self.resources if one["name"] == name)
        total: int = sum(figures)
        return total - (self.cpu_taken if name == "CPU" else self.memory_taken)

    @property
    def custom_attributes(self) -> dict[str, str | None]:
        """Return the attributes that are not the agent's own."""
        return {
            name: value
            for name, value in self.attributes.items()
            if not name.startswith(AGENT_PREFIXES)
        }


class TaskDefinition(BaseModel):
    """One revision. `given` is what RegisterTaskDefinition was given, with AWS's defaults."""

    arn: str
    family: str
    revision: int
    registered: datetime
    deregistered: datetime | None = None
    cpu: int
    memory: int
    given: dict[str, Any]
    tags: dict[str, str] = Field(default_factory=dict)


class TaskContainer(BaseModel):
    """A container of a task, as its agent reports it."""

    arn: str
    name: str
    image: str
    last_status: str = "PENDING"
    exit_code: int | None = None
    reason: str | None = None
    runtime_id: str | None = None
    image_digest: str | None = None
    health: Health | None = None
    network_bindings: list[dict[str, Any]] = Field(default_factory=list)


class Task(BaseModel):
    """A task on an external instance.

    `told` is the desired status that the instance's agent has acknowledged: what it has not, it is
    told again when it comes back.
    """

    arn: str
    cluster: str
    instance: str
    definition: str
    containers: list[TaskContainer]
    cpu: int
    memory: int
    group: str
    created: datetime
    started_by: str | None = None
    service: str | None = None
    desired: Literal["RUNNING", "STOPPED"] = "RUNNING"
    last_status: Literal["PENDING", "RUNNING", "STOPPED"] = "PENDING"
    told: Literal["RUNNING", "STOPPED"] | None = None
    version: int = 1
    started: datetime | None = None
    stopping: datetime | None = None
    stopped: datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)

    @property
    def health(self) -> Health | None:
        """Return the worst of its containers' health, or None where nothing is checked.

        AWS counts essential containers alone; the region does not tell them apart.
        """
        found = {one.health for one in self.containers}
        worst: tuple[Health, ...] = ("UNHEALTHY", "UNKNOWN", "HEALTHY")
        return next((one for one in worst if one in found), None)


class Event(BaseModel):
    """One line of a service's story."""

    event_id: str
    at: datetime
    message: str


class DaemonService(BaseModel):
    """A service that wants one task on each instance that fits its constraints.

    `failed_starts` counts tasks that stopped without having run, since one last did.
    """

    name: str
    arn: str
    cluster: str
    definition: str
    constraints: list[str] = Field(default_factory=list)
    status: Literal["ACTIVE", "DRAINING", "INACTIVE"] = "ACTIVE"
    created: datetime
    deployment: str
    deployed: datetime
    failed_starts: int = 0
    wanted: int = 0
    events: list[Event] = Field(default_factory=list)
    configuration: dict[str, Any] = Field(default_factory=dict)
    tags: dict[str, str] = Field(default_factory=dict)
    client_token: str | None = None
    created_by: str


class EcsState(BaseModel):
    """Everything that ECS keeps: clusters by name, all else by ARN."""

    clusters: dict[str, Cluster] = Field(default_factory=dict)
    instances: dict[str, ContainerInstance] = Field(default_factory=dict)
    definitions: dict[str, TaskDefinition] = Field(default_factory=dict)
    tasks: dict[str, Task] = Field(default_factory=dict)
    services: dict[str, DaemonService] = Field(default_factory=dict)

    def tasks_of(self, service: DaemonService) -> list[Task]:
        """Return a service's tasks that have not stopped."""
        return [
            task
            for task in self.tasks.values()
            if (task.cluster, task.service) == (service.cluster, service.name)
            and task.last_status != "STOPPED"
        ]

    def tasks_on(self, instance: str) -> list[Task]:
        """Return the tasks of an instance that have not stopped."""
        return [
            task
            for task in self.tasks.values()
            if task.instance == instance and task.last_status != "STOPPED"
        ]

    def recount(self, instance: str) -> None:
        """Bring an instance's figures up to date after a change of its tasks."""
        known, tasks = self.instances[instance], self.tasks_on(instance)
        known.running = sum(task.last_status == "RUNNING" for task in tasks)
        known.pending = sum(task.last_status == "PENDING" for task in tasks)
        known.cpu_taken = sum(task.cpu for task in tasks)
        known.memory_taken = sum(task.memory for task in tasks)

    def forget_stopped(self, now: datetime) -> None:
        """Forget tasks that stopped an hour ago, as ECS does."""
        self.tasks = {
            arn: task
            for arn, task in self.tasks.items()
            if task.stopped is None or now < task.stopped + STOPPED_SHOWN_FOR
        }
