"""What Docker is given for a container: names, labels, environment, limits. Pure.

`amazon-ecs-agent`, `agent/engine/docker_task_engine.go` (createContainer) and
`agent/api/task/task.go` (dockerConfig, dockerHostConfig).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from local_region.ecs_agent.domain.messages import ContainerTold, TaskTold
from local_region.ecs_agent.domain.tasks import Container, Task

LABEL: Final = "com.amazonaws.ecs."
_MIB: Final = 1024 * 1024
_LEAST_MEMORY: Final = 6 * _MIB
_LEAST_CPU_SHARES: Final = 2
_METADATA: Final = "http://169.254.170.2"


def docker_name(task: TaskTold, container: ContainerTold, hex20: str) -> str:
    """Return a container's name; only alphanumerics and hyphens are left of ECS's own."""
    plain = re.sub(r"[^A-Za-z0-9-]+", "", container.name)
    return f"ecs-{task.family}-{task.version}-{plain}-{hex20}"


def creation(task: Task, container: Container, cluster: str, region: str) -> dict[str, Any]:
    """Return the body of Docker's create call; `cluster` is as the agent was configured."""
    told = container.told
    body: dict[str, Any] = dict(told.docker.config)
    body |= {
        "Image": told.image,
        "Env": [f"{name}={value}" for name, value in _environment(container, region).items()],
        "Labels": {
            **body.get("Labels", {}),
            f"{LABEL}task-arn": task.arn,
            f"{LABEL}container-name": told.name,
            f"{LABEL}task-definition-family": task.family,
            f"{LABEL}task-definition-version": task.version,
            f"{LABEL}cluster": cluster,
        },
        "HostConfig": _host_config(task, told),
    }
    if told.command:
        body["Cmd"] = told.command
    if told.entry_point is not None:
        body["Entrypoint"] = told.entry_point
    if told.ports:
        body["ExposedPorts"] = {f"{one.container}/{one.protocol}": {} for one in told.ports}
    return body


def _environment(container: Container, region: str) -> dict[str, str]:
    said = container.told.environment
    given = {
        **said,
        "ECS_CONTAINER_METADATA_URI": f"{_METADATA}/v3/{container.endpoint}",
        "ECS_CONTAINER_METADATA_URI_V4": f"{_METADATA}/v4/{container.endpoint}",
        "ECS_AGENT_URI": f"{_METADATA}/api/{container.endpoint}",
    }
    if not said.keys() & {"AWS_REGION", "AWS_DEFAULT_REGION"}:
        given |= {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    return given


def _host_config(task: Task, told: ContainerTold) -> dict[str, Any]:
    config: dict[str, Any] = dict(told.docker.host_config)
    asked = task.told
    if asked is not None and asked.network_mode:
        config["NetworkMode"] = asked.network_mode
    if asked is not None:
        # Namespaces between a task's containers (`task`) need a pause container: not here.
        if asked.pid_mode == "host":
            config["PidMode"] = "host"
        if asked.ipc_mode in {"host", "none"}:
            config["IpcMode"] = asked.ipc_mode
    if told.memory:
        config["Memory"] = max(told.memory * _MIB, _LEAST_MEMORY)
    config["CpuShares"] = max(told.cpu, _LEAST_CPU_SHARES)
    if told.privileged:
        config["Privileged"] = True
    config["Binds"] = binds(asked, told)
    if told.ports:
        config["PortBindings"] = {
            f"{one.container}/{one.protocol}": [{"HostPort": str(one.host) if one.host else ""}]
            for one in told.ports
        }
    # ECS restarts by itself or not at all.
    config.pop("RestartPolicy", None)
    return config


def binds(task: TaskTold | None, told: ContainerTold) -> list[str]:
    """Return mounts as Docker's Binds."""
    sources: Mapping[str, str] = {
        one.name: one.host.source or one.name for one in (task.volumes if task else [])
    }
    return [
        f"{sources.get(one.volume, one.volume)}:{one.path}{':ro' if one.read_only else ''}"
        for one in told.mounts
    ]
