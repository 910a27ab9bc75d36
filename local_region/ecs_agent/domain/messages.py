"""What ACS says, as far as this agent reads it. Pure.

`amazon-ecs-agent`, `ecs-agent/acs/model`: members that it does not know are passed over, as the
real agent passes over them; what it can't read makes a task that is reported as stopped.
"""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator


class _Told(BaseModel):
    model_config = ConfigDict(extra="ignore")


class RestartPolicy(_Told):
    """`restartAttemptPeriod` in seconds."""

    enabled: bool = False
    ignored_exit_codes: list[int] = Field(default_factory=list, alias="ignoredExitCodes")
    attempt_period: int = Field(default=300, alias="restartAttemptPeriod")


class MountPoint(_Told):
    """A volume's place in a container."""

    volume: str = Field(alias="sourceVolume")
    path: str = Field(alias="containerPath")
    read_only: bool = Field(default=False, alias="readOnly")


class PortMapping(_Told):
    """A port, on any host port if `host` is 0."""

    container: int = Field(alias="containerPort")
    host: int = Field(default=0, alias="hostPort")
    protocol: str = "tcp"


class Dependency(_Told):
    """What must have been reached of another container first."""

    container: str = Field(alias="containerName")
    condition: str


class DockerTexts(_Told):
    """Docker's own structures as ACS carries them: JSON in JSON."""

    config: dict[str, Any] = Field(default_factory=dict)
    host_config: dict[str, Any] = Field(default_factory=dict, alias="hostConfig")

    @field_validator("config", "host_config", mode="before")
    @classmethod
    def _parsed(cls, value: Any) -> Any:
        return json.loads(value or "{}") if isinstance(value, str) else value


class ContainerTold(_Told):
    """A container as its task brings it; `memory` in MiB, 0 for no limit, times in seconds."""

    name: str
    image: str
    command: list[str] = Field(default_factory=list)
    entry_point: list[str] | None = Field(default=None, alias="entryPoint")
    cpu: int = 0
    memory: int = 0
    essential: bool = True
    privileged: bool = False
    environment: dict[str, str] = Field(default_factory=dict)
    restart_policy: RestartPolicy = Field(default_factory=RestartPolicy, alias="restartPolicy")
    ports: list[PortMapping] = Field(default_factory=list, alias="portMappings")
    mounts: list[MountPoint] = Field(default_factory=list, alias="mountPoints")
    depends_on: list[Dependency] = Field(default_factory=list, alias="dependsOn")
    stop_timeout: int | None = Field(default=None, alias="stopTimeout")
    health_check: str | None = Field(default=None, alias="healthCheckType")
    docker: DockerTexts = Field(default_factory=DockerTexts, alias="dockerConfig")


class _Host(_Told):
    source: str = Field(default="", alias="sourcePath")


class Volume(_Told):
    """A path of the host, or a volume of Docker's if there is none."""

    name: str
    host: _Host = Field(default_factory=_Host)


class TaskTold(_Told):
    """A task of a PayloadMessage."""

    arn: str
    family: str
    version: str
    desired: str = Field(alias="desiredStatus")
    cluster: str = Field(default="", alias="taskClusterArn")
    service: str | None = Field(default=None, alias="serviceName")
    network_mode: str = Field(default="", alias="networkMode")
    pid_mode: str = Field(default="", alias="pidMode")
    ipc_mode: str = Field(default="", alias="ipcMode")
    volumes: list[Volume] = Field(default_factory=list)
    containers: list[ContainerTold] = Field(min_length=1)
